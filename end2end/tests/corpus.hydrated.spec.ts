import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { called, copied, hasCorpus, listed, note, summed, type Asked, type Outcome } from '../support/corpus.ts';
import { startPortico, type Portico } from '../support/server.ts';
import { expect, test, tookOver, watch, type Page } from '../support/test.ts';

// The forms of real templates in the browser, each a test of its own: three of them, or with PORTICO_SOAK=full all.
const SAMPLE = 3;
const full = process.env.PORTICO_SOAK === 'full';
const names = !hasCorpus ? [] : full ? called() : Array.from({ length: SAMPLE }, (_, number) => `number ${number + 1} of the sample`);

// All that a worker does shares one portal; a page that breaks costs its own test.
test.describe.configure({ mode: 'parallel', timeout: 300_000 });
test.skip(!hasCorpus, 'there is no corpus here');

let portico: Portico;
let folder: string;
let templates: Asked[] = [];

test.beforeAll(async ({}, info) => {
  test.setTimeout(600_000);
  folder = mkdtempSync(join(tmpdir(), 'portico-corpus-'));
  const all = listed(join(info.project.outputDir, 'corpus.jsonl'));
  templates = full ? all : all.filter((each) => each.pages.length > 1 && each.broken.some((broken) => broken.enterable)).slice(0, SAMPLE);
  const paths = copied(templates, folder);
  portico = await startPortico((_, read) => read(paths[0]!, ...paths.slice(1)));
});

test.afterAll(async ({}, info) => {
  await portico?.stop();
  rmSync(folder, { recursive: true, force: true });
  const outcomes = join(info.project.outputDir, 'corpus');
  if (existsSync(outcomes)) console.log(`So far: ${summed(outcomes)}`);
});

for (const [number, name] of names.entries()) {
  test(`the form of ${name} shows the fields of its schema, and refuses what breaks it`, async ({ browser, problems }, info) => {
    const template = templates[number]!;
    if (full) expect(template.name, 'the manifest and the program that lists templates agree').toBe(name);
    const context = await browser.newContext({ baseURL: portico.url, storageState: portico.state });
    const page = await context.newPage();
    watch(page, portico.url, problems, true);
    const outcome: Outcome = { template: template.name, equal: false, fields: 0, entered: 0, refused: 0, sent: 0, refusedThere: 0, complaints: 0 };
    const ref = `template:default/corpus-${number}`;
    const form = `/create/templates/default/corpus-${number}/form`;
    const headers = { origin: portico.url };
    const discard = () => page.request.post('/api/templates/fn/discard-form', { form: { template: ref }, headers });
    // Its first version is made after the start.
    await expect(async () => {
      const answer = await page.request.get(`${form}?page=1`);
      expect(answer.status(), `the form of ${template.name}`).toBe(200);
    }).toPass({ timeout: 120_000 });

    const [wrong, marks]: [string[], unknown[]] = [[], []];
    for (const { page: index, fields } of template.pages) {
      // Each page begins with values that satisfy the whole form.
      await discard();
      await page.goto(`${form}?page=${index + 1}&formData=${encodeURIComponent(JSON.stringify(template.values))}`);
      await tookOver(page);
      marks.push(...(await shown(page)));
      const own = fields.map(([path]) => path);
      for (const { path, why, values } of template.broken.filter((broken) => broken.enterable && own.includes(broken.path))) {
        const said = await tried(page, path, at(values, path));
        if (said === null) continue;
        outcome.entered += 1;
        if (said === 'before') wrong.push(`${path} ${why}: something else was wrong before`);
        else if (said) outcome.refused += 1;
        else wrong.push(`${path} ${why} is not refused in the browser`);
      }
    }
    await discard();
    const wanted = template.pages.flatMap(({ fields }) => fields);
    outcome.fields = marks.length;
    outcome.equal = JSON.stringify(marks) === JSON.stringify(wanted);
    for (const { path, why, values } of template.broken) {
      const answer = await page.request.post('/api/scaffolder/v2/tasks', { data: { templateRef: ref, values }, headers });
      outcome.sent += 1;
      const text = await answer.text();
      // Refused for its values, and for nothing else.
      if (answer.status() === 400 && text.startsWith('{"errors":[')) outcome.refusedThere += 1;
      else wrong.push(`${path} ${why} is answered ${answer.status()} ${text.slice(0, 200)}`);
    }
    await context.close();
    outcome.complaints = problems.unexpected().length;
    note(join(info.project.outputDir, 'corpus'), number, outcome);
    expect(marks).toEqual(wanted);
    expect(wrong).toEqual([]);
    expect(problems.unexpected()).toEqual([]);
  });
}

/** The fields as the page marks them, in order. */
const shown = (page: Page) =>
  page.evaluate(() => [...document.querySelectorAll('[data-pk-path]')].map((each) => [each.getAttribute('data-pk-path'), each.getAttribute('data-pk-kind')]));

/** Puts a value into the control of a field as somebody would, and says whether anything is said to be wrong afterwards, or was before. Nothing where no control takes it. */
const tried = (page: Page, path: string, value: unknown) =>
  page.evaluate(
    ({ path, value }) => {
      const field = [...document.querySelectorAll('[data-pk-path]')].find((each) => each.getAttribute('data-pk-path') === path);
      const named = (/** @type {string} */ name: string) =>
        field ? ([...field.querySelectorAll('input, select, textarea')] as HTMLInputElement[]).filter((each) => each.getAttribute('name') === name && each.type !== 'hidden') : [];
      const controls = named(path);
      const control = controls[0];
      if (!control || control.disabled || control.readOnly) return null;
      const isWrong = () => document.querySelector('[data-pk-schema-form] [aria-invalid=true], .pk-field__error:not([hidden])') !== null;
      if (isWrong()) return 'before';
      const before = controls.map((each) => ({ value: each.value, checked: each.checked }));
      const text = value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
      const tell = () => {
        for (const kind of ['input', 'change', 'focusout']) control.dispatchEvent(new Event(kind, { bubbles: true }));
      };
      if (control.type === 'radio') controls.forEach((each) => (each.checked = each.value === text));
      else if (control.type === 'checkbox') controls.forEach((each) => (each.checked = Array.isArray(value) ? value.map(String).includes(each.value) : text === 'true'));
      else control.value = text;
      // A control that holds something else than was meant cannot be used to enter it.
      const took = ['radio', 'checkbox'].includes(control.type) || control.value === text.replaceAll(/[\r\n]/g, control.tagName === 'TEXTAREA' ? '\n' : '');
      tell();
      const wrong = isWrong();
      controls.forEach((each, place) => {
        each.value = before[place]!.value;
        each.checked = before[place]!.checked;
      });
      tell();
      return took ? wrong : null;
    },
    { path, value },
  );

const at = (values: unknown, path: string): unknown =>
  path.split('/').slice(1).reduce<unknown>((here, step) => (here as Record<string, unknown> | undefined)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], values);
