import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { actAs } from '../support/create.ts';
import { startPortico, type Portico } from '../support/server.ts';
import { expect, test, tookOver, watch } from '../support/test.ts';

/** Each test is somebody else on each side, since stars and runs are a person's own. */
const PEOPLE = {
  hydrated: { star: 'mikko.virtanen', runs: 'sofia.lindqvist', mate: 'nikolaos.papadopoulos' },
  plain: { star: 'sun-hee.park', runs: 'freya.mackenzie', mate: 'daniel.okafor' },
};
const person = (hydrated: boolean, part: keyof typeof PEOPLE.hydrated) => `user:default/${PEOPLE[hydrated ? 'hydrated' : 'plain'][part]}`;

const cards = (page: Page) => page.locator('.pk-card__title');

test('the gallery is narrowed by type, tag and owner, and its address shows others the same', async ({ page, visit, browser, baseURL, hydrated, problems }) => {
  await visit('/create');
  await expect(cards(page)).toHaveText(['Delivery for a service', 'Payment service in Rust', 'Public website', 'Removal of a service', 'Shared library']);
  const facet = (name: string) => page.locator('.pk-facet', { has: page.locator('summary', { hasText: name }) });
  await facet('Owner').getByRole('link', { name: /^Developer Experience/ }).click();
  await expect(page).toHaveURL(/\/create\?owner=group/);
  await expect(cards(page)).toHaveText(['Payment service in Rust', 'Shared library']);
  await facet('Type').getByRole('link', { name: /^library/ }).click();
  await expect(page).toHaveURL(/type=library/);
  await facet('Tag').getByRole('link', { name: /^typescript/ }).click();
  await expect(page).toHaveURL(/tag=typescript/);
  await expect(cards(page)).toHaveText(['Shared library']);
  await expect(page.getByText('1 template matches')).toBeVisible();

  // Whoever gets the address sees the same.
  const context = await browser.newContext({ baseURL, javaScriptEnabled: hydrated });
  await actAs(context, baseURL!, person(hydrated, 'mate'));
  const other = await context.newPage();
  watch(other, baseURL!, problems, hydrated);
  await other.goto(page.url());
  await expect(cards(other)).toHaveText(['Shared library']);
  await expect(other.locator('.pk-facet [aria-current="true"] .pk-facet__label')).toHaveText(['library', 'typescript', 'Developer Experience']);
  await context.close();

  // A search keeps what is chosen, and all of it is cleared at once.
  await page.getByRole('searchbox', { name: 'Search the templates' }).fill('payment');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=payment/);
  await expect(page.getByText('No template matches these words and filters.')).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'Clear all filters' }).last().click();
  await expect(cards(page)).toHaveCount(5);
});

test('a template that is starred stands among the starred ones, and on the home of whoever starred it', async ({ page, visit, baseURL, hydrated, accessible }) => {
  await actAs(page.context(), baseURL!, person(hydrated, 'star'));
  await visit('/create?show=starred');
  await expect(page.getByText('You have starred no template yet.')).toBeVisible();
  await page.getByRole('link', { name: 'See all templates' }).click();
  await page.getByRole('link', { name: 'Public website' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/Public website$/);
  await page.getByRole('button', { name: 'Star', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Starred' })).toHaveAttribute('aria-pressed', 'true');
  await visit('/create?show=starred');
  await expect(cards(page)).toHaveText(['Public website']);
  await visit('/starred');
  await expect(page.getByRole('main').getByRole('link', { name: 'Public website' })).toBeVisible();
  await accessible();
  await visit('/create?show=recent');
  await expect(page.getByText('You have run no template yet.')).toBeVisible();
  await visit('/create/templates/default/public-website');
  await page.getByRole('button', { name: 'Starred' }).click();
  await expect(page.getByRole('button', { name: 'Star', exact: true })).toHaveAttribute('aria-pressed', 'false');
});

test('a template is tried with values of one’s own, and nothing comes of it but what is shown', async ({ page, visit, accessible, request }) => {
  await visit('/create/try');
  await page.getByRole('textbox', { name: /^Template/ }).fill('template:default/shared-library');
  await page.getByRole('textbox', { name: /^Values/ }).fill('name: money-types\ndescription: Amounts.\nowner: group:default/core-ledger\nlanguage: rust\naudience: [bank]\n');
  await page.getByRole('button', { name: 'Try it' }).click();
  await expect(page.getByText('It ran to the end')).toBeVisible();
  const steps = page.getByRole('table', { name: 'Steps' });
  await expect(steps.getByRole('row').filter({ hasText: 'Write the files' })).toContainText('Done');
  await expect(steps.getByRole('row').filter({ hasText: 'Leave out what is for Rust' })).toContainText('Skipped');
  await expect(steps.getByRole('row').filter({ hasText: 'Create the repository' })).toContainText('Not run');
  await page.locator('summary', { hasText: 'Cargo.toml' }).click();
  await expect(page.getByRole('region', { name: 'Content of Cargo.toml' })).toContainText('name = "money-types"');
  await page.locator('summary', { hasText: 'publish:git' }).click();
  await expect(page.getByRole('region', { name: /^Input of step/ }).first()).toContainText('portico?owner=core-ledger&repo=money-types');
  await accessible();
  // Nothing was made.
  expect((await request.get('/api/catalog/entities/by-name/component/default/money-types')).status()).toBe(404);

  // What is wrong with the values is said by name.
  await page.getByRole('textbox', { name: /^Values/ }).fill('name: No Name\n');
  await page.getByRole('button', { name: 'Try it' }).click();
  await expect(page.getByRole('main')).toContainText(/name/i);
  await expect(page.getByText(/It did not run to the end|It was not tried/)).toBeVisible();
  await accessible();

  // A descriptor that is pasted is tried as well; one that is none is told apart by its line.
  await visit('/create/try');
  await page.getByRole('textbox', { name: /^Or a descriptor/ }).fill('apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: a}\nspec:\n  owner: x\n  type: y\n  steps:\n    - {id: say, name: Say it, action: debug:log, input: {message: Good morning}}\n');
  await page.getByRole('button', { name: 'Try it' }).click();
  await expect(page.getByText('It ran to the end')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Log of the dry run' })).toContainText('Good morning');
});

test('runs are listed by whose they are, and narrowed by state and by who ran them', async ({ page, visit, baseURL, hydrated, browser, accessible }, info) => {
  await actAs(page.context(), baseURL!, person(hydrated, 'runs'));
  await visit('/create/runs');
  const name = `listed-${info.project.name}-${info.retry}`;
  const answer = await page.request.post('/api/scaffolder/v2/tasks', {
    data: { templateRef: 'template:default/shared-library', values: { name, description: 'Listed.', owner: 'group:default/card-issuing', language: 'rust', edition: '2024', audience: ['team'] } },
    headers: { origin: baseURL! },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  const { id } = (await answer.json()) as { id: string };
  const row = (shown: Page) => shown.getByRole('table', { name: 'Runs' }).locator('tr', { has: shown.locator(`a[href="/create/runs/${id}"]`) });
  await expect(async () => {
    await visit('/create/runs');
    await expect(row(page)).toContainText('Completed', { timeout: 1_000 });
  }).toPass({ timeout: 25_000 });
  await accessible();

  // It is found by its state, and not under another.
  await page.getByRole('combobox', { name: 'State' }).selectOption('completed');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/state=completed/);
  await expect(row(page)).toBeVisible();
  await page.getByRole('combobox', { name: 'State' }).selectOption('failed');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page.getByText('No run is like this.')).toBeVisible();
  await page.getByRole('link', { name: 'Clear the filters' }).click();
  await expect(row(page)).toBeVisible();

  // The page of the run says whose it is by name, and leads there.
  await row(page).getByRole('link').first().click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/Shared library$/);
  const facts = page.locator('.pk-facts').first();
  await expect(facts.getByRole('link', { name: 'Developer Experience' })).toHaveAttribute('href', '/catalog/default/group/developer-experience');
  await expect(facts.getByRole('link', { name: '1.0.0' })).toHaveAttribute('href', '/create/templates/default/shared-library/versions/1.0.0');
  await expect(facts).not.toContainText(/user:|group:/);

  // Somebody of the same team sees it among the team's, and nobody's own.
  const context = await browser.newContext({ baseURL, javaScriptEnabled: hydrated });
  await actAs(context, baseURL!, person(hydrated, 'mate'));
  const mate = await context.newPage();
  await mate.goto('/create/runs');
  await expect(row(mate)).toHaveCount(0);
  await mate.getByRole('link', { name: 'My teams’' }).click();
  await expect(mate).toHaveURL(/scope=teams/);
  await expect(row(mate)).toBeVisible();
  await context.close();
});

test.describe('the owner of a template', () => {
  test.describe.configure({ mode: 'serial' });

  const PAGE = '/create/templates/default/team-handbook';
  const OWNER = 'user:default/ines.carvalho';
  let portico: Portico;
  let folder: string;

  const write = (version: string, files: Record<string, string>) => {
    rmSync(join(folder, 'skeleton'), { recursive: true, force: true });
    mkdirSync(join(folder, 'skeleton'), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'skeleton', name), text);
    writeFileSync(
      join(folder, 'template.yaml'),
      `apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: { name: team-handbook, title: Team handbook, description: How a team works. }
spec:
  type: documentation
  owner: group:default/web-banking
  version: ${version}
  parameters:
    - title: About the team
      required: [team]
      properties: { team: { title: Team, type: string } }
  steps:
    - { id: fetch, name: Write the files, action: 'fetch:template', input: { url: ./skeleton, values: { team: '\${{ parameters.team }}' } } }
`,
    );
  };

  test.beforeAll(async () => {
    test.setTimeout(120_000);
    portico = await startPortico((dir, read) => {
      folder = join(dir, 'team-handbook');
      write('1.0.0', { 'README.md': '# ${{ values.team }}\n\nWho we are.\n', 'rota.md': 'Who is on call.\n' });
      read(join(folder, 'template.yaml'));
    });
  });
  test.afterAll(() => portico?.stop());
  // It is asked for before the portal runs as well.
  test.use({ baseURL: async ({}, use) => use(portico?.url) });
  test.beforeEach(async ({ page }) => actAs(page.context(), portico.url, OWNER));

  const version = (page: Page) => page.locator('.pk-facts').first().locator('a.pk-mono').first();
  const showing = async (page: Page, number: string) => {
    await expect(async () => {
      await page.goto(PAGE);
      await expect(version(page)).toHaveText(number, { timeout: 1_000 });
    }).toPass({ timeout: 25_000 });
  };
  const change = async (page: Page, number: string, opens: string, why: string, button: string) => {
    await page.goto(`${PAGE}/versions/${number}`);
    await page.locator('summary', { hasText: opens }).click();
    const form = page.locator('form', { has: page.getByRole('button', { name: button }) });
    await form.getByRole('textbox', { name: /^Why/ }).fill(why);
    await form.getByRole('button', { name: button }).click();
    await expect(page.getByText('What is to become of the version is written down')).toBeVisible();
  };

  test('publishes a version and sees what changed with it', async ({ page, hydrated, accessible }) => {
    test.slow();
    await showing(page, '1.0.0');
    write('1.1.0', { 'README.md': '# ${{ values.team }}\n\nWho we are, and how to reach us.\n', 'decisions.md': 'What we decided.\n' });
    await page.getByRole('button', { name: 'Read it again' }).click();
    await expect(page.getByText('It is being read again')).toBeVisible();
    await showing(page, '1.1.0');
    await page.getByRole('link', { name: 'Versions', exact: true }).click();
    const rows = page.getByRole('table', { name: 'Versions' }).locator('tbody tr');
    await expect(rows).toHaveCount(2);
    await expect(rows.nth(0)).toContainText(/1\.1\.0.*In use/);
    await accessible();
    await rows.nth(0).getByRole('link', { name: '1.1.0' }).click();
    await expect(page.getByRole('heading', { level: 2, name: 'Changes from 1.0.0' })).toBeVisible();
    if (hydrated) await tookOver(page);
    for (const [path, word] of [['skeleton/README.md', 'Changed'], ['skeleton/decisions.md', 'Added'], ['skeleton/rota.md', 'Removed'], ['template.yaml', 'Changed']] as const) {
      await expect(page.locator('summary', { hasText: path })).toContainText(word);
    }
    await expect(page.getByRole('group', { name: 'Changes of skeleton/README.md' })).toContainText('Who we are, and how to reach us.');
    await accessible();
    // The other way round.
    await page.goto(`${PAGE}/versions/1.0.0`);
    await page.getByRole('combobox', { name: 'Compare with' }).selectOption('1.1.0');
    await page.getByRole('button', { name: 'Compare' }).click();
    await expect(page.getByRole('heading', { level: 2, name: 'Changes from 1.1.0' })).toBeVisible();
    await expect(page.locator('summary', { hasText: 'skeleton/rota.md' })).toContainText('Added');
  });

  test('deprecates a version, which says so wherever it is used', async ({ page, accessible, visit }) => {
    await showing(page, '1.1.0');
    await change(page, '1.1.0', 'Deprecate it', 'The rota moved elsewhere', 'Deprecate this version');
    await accessible();
    await visit(PAGE);
    await expect(page.getByText('This version is deprecated')).toBeVisible();
    await expect(page.getByText('The rota moved elsewhere.')).toBeVisible();
    await expect(page.getByRole('link', { name: 'Use this template' })).toBeVisible();
    await accessible();
  });

  test('withdraws it, and it is no longer offered', async ({ page, accessible, visit, problems }) => {
    test.slow();
    await change(page, '1.1.0', 'Withdraw it', 'It asks for what may not be asked', 'Withdraw this version');
    await expect(page.getByText('Withdrawn: no run begins with it')).toBeVisible();
    await accessible();
    // The one before it is in use again, until that is withdrawn as well.
    await visit(PAGE);
    await expect(version(page)).toHaveText('1.0.0');
    await visit('/create');
    await expect(page.locator('.pk-card', { hasText: 'Team handbook' })).toContainText('1.0.0');
    await change(page, '1.0.0', 'Withdraw it', 'Nobody keeps it up', 'Withdraw this version');
    await visit(PAGE);
    await expect(page.getByText('All of its versions are withdrawn')).toBeVisible();
    await expect(page.getByRole('link', { name: 'Use this template' })).toHaveCount(0);
    await accessible();
    await visit('/create');
    await expect(page.locator('.pk-card', { hasText: 'Team handbook' })).toContainText('Withdrawn');
    problems.allow(/409/);
    const form = await page.goto(`${PAGE}/form`);
    expect(form?.status()).toBe(409);
    await expect(page.getByText('All versions of this template are withdrawn')).toBeVisible();
    const sent = await page.request.post('/api/scaffolder/v2/tasks', { data: { templateRef: 'template:default/team-handbook', values: { team: 'Ours' } }, headers: { origin: portico.url } });
    expect(sent.status()).toBe(409);
    // It can be taken back.
    await visit(`${PAGE}/versions/1.0.0`);
    await page.getByRole('button', { name: 'Take that back' }).click();
    await expect(page.getByText('What is to become of the version is written down')).toBeVisible();
    await visit(PAGE);
    await expect(page.getByRole('link', { name: 'Use this template' })).toBeVisible();
  });

  test('is alone in deciding that', async ({ page, visit }) => {
    await actAs(page.context(), portico.url, 'user:default/sofia.lindqvist');
    await visit(PAGE);
    await expect(page.getByRole('button', { name: 'Read it again' })).toHaveCount(0);
    await visit(`${PAGE}/versions/1.0.0`);
    await expect(page.locator('summary', { hasText: 'Withdraw it' })).toHaveCount(0);
    const sent = await page.request.post('/api/templates/fn/change-version', { form: { template: 'template:default/team-handbook', number: '1.0.0', state: 'withdrawn', reason: 'Because' }, headers: { origin: portico.url } });
    expect(sent.status()).toBe(403);
  });
});
