import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copied, hasCorpus, listed, type Asked } from '../support/corpus.ts';
import { startPortico, type Portico } from '../support/server.ts';
import { expect, test, tookOver, type Page } from '../support/test.ts';

// The forms of real templates in the browser: three of them, or with PORTICO_SOAK=full all.
const SAMPLE = 3;
const full = process.env.PORTICO_SOAK === 'full';

test.describe.configure({ mode: 'serial', timeout: full ? 3_600_000 : 180_000 });
test.skip(!hasCorpus, 'there is no corpus here');

let portico: Portico;
let folder: string;
let templates: Asked[] = [];

test.beforeAll(async () => {
  test.setTimeout(600_000);
  folder = mkdtempSync(join(tmpdir(), 'portico-corpus-'));
  const all = listed();
  templates = full ? all : all.filter((each) => each.pages.length > 1 && each.broken.some((broken) => broken.enterable)).slice(0, SAMPLE);
  const paths = copied(templates, folder);
  portico = await startPortico((_, read) => {
    for (const path of paths) read(path);
  });
});

test.afterAll(async () => {
  await portico?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The fields as the page marks them, in order. */
const shown = (page: Page) =>
  page.evaluate(() => [...document.querySelectorAll('[data-pk-path]')].map((each) => [each.getAttribute('data-pk-path'), each.getAttribute('data-pk-kind')]));

/** Puts a value into the control of a field as somebody would, and says whether anything is said to be wrong afterwards. Nothing where no control takes it. */
const tried = (page: Page, path: string, value: unknown) =>
  page.evaluate(
    ({ path, value }) => {
      const field = [...document.querySelectorAll('[data-pk-path]')].find((each) => each.getAttribute('data-pk-path') === path);
      const named = (/** @type {string} */ name: string) =>
        field ? ([...field.querySelectorAll('input, select, textarea')] as HTMLInputElement[]).filter((each) => each.getAttribute('name') === name && each.type !== 'hidden') : [];
      const controls = named(path);
      const control = controls[0];
      if (!control || control.disabled || control.readOnly) return null;
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
      const wrong = document.querySelector('[data-pk-schema-form] [aria-invalid=true], .pk-field__error:not([hidden])') !== null;
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

test('every form shows the fields of its schema, and refuses what breaks it', async ({ browser, problems }) => {
  const context = await browser.newContext({ baseURL: portico.url, storageState: portico.state });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  let [forms, fields, entered, refused, sent, refusedThere] = [0, 0, 0, 0, 0, 0];
  const wrong: string[] = [];
  for (const [number, template] of templates.entries()) {
    const form = `/create/templates/default/corpus-${number}/form`;
    const address = (index: number) => `${form}?page=${index + 1}&formData=${encodeURIComponent(JSON.stringify(template.values))}`;
    let there = true;
    await expect(async () => {
      const answer = await page.request.get(`${form}?page=1`);
      there = answer.status() === 200;
      expect(there).toBe(true);
    }).toPass({ timeout: 60_000 }).catch(() => undefined);
    if (!there) {
      wrong.push(`${template.name}: no form`);
      continue;
    }
    await page.request.post('/api/templates/fn/discard-form', { form: { template: `template:default/corpus-${number}` }, headers: { origin: portico.url } });
    const marks: unknown[] = [];
    for (const { page: index } of template.pages) {
      await page.goto(address(index));
      await tookOver(page);
      marks.push(...(await shown(page)));
      const own = template.pages.find((each) => each.page === index)!.fields.map(([path]) => path);
      for (const broken of template.broken.filter((each) => each.enterable && own.includes(each.path))) {
        const said = await tried(page, broken.path, at(broken.values, broken.path));
        if (said === null) continue;
        entered += 1;
        if (said) refused += 1;
        else wrong.push(`${template.name}: ${broken.path} ${broken.why} is not refused in the browser`);
      }
      await page.request.post('/api/templates/fn/discard-form', { form: { template: `template:default/corpus-${number}` }, headers: { origin: portico.url } });
    }
    const wanted = template.pages.flatMap((each) => each.fields);
    if (JSON.stringify(marks) === JSON.stringify(wanted)) forms += 1;
    else wrong.push(`${template.name}: ${JSON.stringify(marks)} is not ${JSON.stringify(wanted)}`);
    fields += marks.length;
    for (const broken of template.broken) {
      const answer = await page.request.post('/api/scaffolder/v2/tasks', {
        data: { templateRef: `template:default/corpus-${number}`, values: broken.values },
        headers: { origin: portico.url },
      });
      sent += 1;
      if (answer.status() === 400) refusedThere += 1;
      else wrong.push(`${template.name}: ${broken.path} ${broken.why} is answered ${answer.status()}`);
    }
  }
  await context.close();
  console.log(`${forms} of ${templates.length} forms show the fields of their schema, ${fields} fields; ${refused} of ${entered} broken inputs refused in the browser, ${refusedThere} of ${sent} on the server; ${complaints.length} console errors`);
  expect(problems.unexpected()).toEqual([]);
  expect(complaints).toEqual([]);
  expect(wrong).toEqual([]);
});
