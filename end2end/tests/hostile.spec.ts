import { registerHostile, SCRIPT } from '../support/hostile.ts';
import { startPortico, type Portico } from '../support/server.ts';
import { expect, test as base } from '../support/test.ts';

/** A Portico of its own, with nothing but the hostile catalog, so that no other test meets it. */
const test = base.extend<{ quiet: void }, { hostile: Portico }>({
  hostile: [
    async ({}, use) => {
      const portico = await startPortico(registerHostile);
      await use(portico);
      await portico.stop();
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  baseURL: async ({ hostile }, use) => use(hostile.url),
  storageState: async ({ hostile }, use) => use(hostile.state),
  // Nothing of the catalog runs: not in any page that shows it.
  quiet: [
    async ({ page }, use) => {
      const ran: string[] = [];
      page.on('dialog', (dialog) => {
        ran.push(dialog.message());
        void dialog.dismiss();
      });
      await use();
      expect(ran, 'scripts of the catalog that ran').toEqual([]);
      expect(page.frames()).toHaveLength(1);
    },
    { auto: true },
  ],
});

// One server for all of them.
test.describe.configure({ mode: 'default' });

const of = (kind: string, name: string) => `/catalog/hostile/${kind}/${name}`;
const evil = encodeURIComponent(SCRIPT);

const SHOWN: [string, string][] = [
  ['the catalog', '/catalog?columns=kind&columns=type&columns=description&columns=lifecycle&columns=owner&columns=system'],
  ['the usual columns', '/catalog'],
  ['home', '/'],
  ['a search', '/search?q=script'],
  ['the location', '/locations/1'],
  ['the locations', '/locations'],
  ['unregistering', '/locations/1/unregister'],
  ['the docs', `${of('component', 'script')}/docs`],
  ['the definition', `${of('api', 'open-api')}?tab=definition`],
  ['an operation', `${of('api', 'open-api')}?tab=definition&show=all`],
  ['the source of a definition', `${of('api', 'open-api')}?tab=definition&show=source`],
  ['a definition of another kind', `${of('api', 'text-api')}?tab=definition`],
  ['the owner', of('group', 'owners')],
  ['the system', of('system', 'system')],
  ...['script', 'long', 'strange', 'formula'].flatMap((name) =>
    ['', '?tab=relations', '?tab=descriptor', '?tab=origin'].map((tab): [string, string] => [`${name}${tab}`, of('component', name) + tab]),
  ),
  ['what was searched for', `/catalog?q=${evil}`],
  ['what was searched for everywhere', `/search?q=${evil}`],
  ['a filter', `/catalog?owner=${evil}&tag=${evil}&sort=${evil}&columns=${evil}`],
  ['what is to be registered', `/locations/register?target=${evil}`],
  ['the theme of an example', `/design/components/button?theme=${evil}&width=${evil}`],
];

for (const [what, path] of SHOWN) {
  test(`${what} shows hostile text as text`, async ({ page, visit, accessible }) => {
    test.slow();
    await visit(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    const told = await page.evaluate(() => {
      const all = [...document.querySelectorAll('*')];
      const wrong = all.filter((element) => [...element.attributes].some(({ name, value }) => /^on/.test(name) || /^\s*(javascript|vbscript|data:text)/i.test(value) && /^(href|src|action|formaction)$/.test(name)));
      const foreign = document.querySelectorAll('main iframe, main base, main meta, main style, main script, main form[action^=http], main img[src^=http]');
      return [...wrong, ...foreign].map((element) => element.outerHTML.slice(0, 200));
    });
    // What the bundle reads as it takes over is data in a script of Portico's own.
    expect(told.filter((html) => !/^<script[^>]*>(?!alert)/.test(html))).toEqual([]);
    await accessible([{ width: 1440, colorScheme: 'light' }, { width: 390, colorScheme: 'dark' }]);
  });
}

test('the title of an entity is read as it was written', async ({ page, visit }) => {
  await visit(of('component', 'script'));
  await expect(page.getByRole('main')).toContainText(SCRIPT);
  await expect(page.getByRole('link', { name: 'script link' })).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'data link' })).toHaveCount(0);
});

test('the command menu shows hostile text as text', async ({ page, visit, hydrated, accessible }) => {
  test.skip(!hydrated, 'there is none without scripts');
  test.setTimeout(120_000);
  await visit('/catalog');
  for (const words of ['script', 'long', 'strange', 'owners', SCRIPT]) {
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').fill(words);
    await expect(page.getByRole('dialog').getByRole('status')).toHaveText(/./);
    if (words !== SCRIPT) await expect(page.getByRole('option').first()).toContainText(words);
    expect(await page.locator('#pk-command :is(script, img, svg:not(.pk-icon))').count()).toBe(0);
    await accessible([{ width: 1440, colorScheme: 'light' }, { width: 390, colorScheme: 'dark' }]);
    await page.getByRole('dialog').getByRole('combobox').fill('');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
});

test('an image of the docs runs nothing, also under its own address', async ({ page, visit, request }) => {
  await visit(`${of('component', 'script')}/docs`);
  const image = page.getByRole('main').getByRole('img', { name: 'a drawing' });
  const src = (await image.getAttribute('src'))!;
  const answer = await request.get(src);
  expect(answer.status()).toBe(200);
  expect(answer.headers()['content-security-policy']).toMatch(/sandbox|default-src 'none'/);
  expect(answer.headers()['x-content-type-options']).toBe('nosniff');
  expect((await image.boundingBox())!.width).toBeLessThanOrEqual(1440);
});

test('the CSV holds no formula', async ({ request }) => {
  const csv = await (await request.get('/api/catalog/entities.csv')).text();
  expect(csv).toContain(`"'=HYPERLINK(""https://evil.example"")"`);
  expect(csv).toContain(",'+1+1|calc,");
  for (const line of csv.split(/\r?\n/)) expect(line).not.toMatch(/(^|,)"?[=+@]/);
});

test('an address that is not there is repeated as text, if at all', async ({ page, problems }) => {
  problems.allow(/404|400/);
  const answer = await page.goto(`/catalog/hostile/component/${evil}`);
  expect(answer!.status()).toBe(404);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator('main :is(script, img, iframe)')).toHaveCount(0);
});
