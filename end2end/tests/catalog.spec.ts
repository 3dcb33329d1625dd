import { readFileSync } from 'node:fs';
import { entities, PAGE, shownNames } from '../support/catalog.ts';
import { tabTo } from '../support/keys.ts';
import { expect, test, watch, type Page } from '../support/test.ts';

/** The names in the first column, in order. */
const names = (page: Page) => page.getByRole('table').locator('tbody th a').allTextContents();
/** Their addresses: names repeat, between kinds. */
const addresses = (page: Page) =>
  page.getByRole('table').locator('tbody th a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
const shows = (page: Page, wanted: string[]) => expect.poll(() => names(page)).toEqual(wanted);
const rows = (page: Page, count: number) => expect(page.getByRole('table').locator('tbody tr')).toHaveCount(count);
/** The group of filters with that name: the innermost of the elements that have it. */
const facet = (page: Page, name: string) =>
  page.locator('details', { has: page.locator('summary', { hasText: new RegExp(`^\\s*${name}\\s*$`) }) }).last();
/** Chooses a value of a facet, or takes the choice away; a long facet may be folded. */
async function choose(page: Page, name: string, value: RegExp): Promise<void> {
  const link = facet(page, name).getByRole('link', { name: value });
  if (!(await facet(page, name).evaluate((details: HTMLDetailsElement) => details.open))) await facet(page, name).locator('summary').click();
  await link.click();
}
const column = (page: Page, number: number) => page.getByRole('table').locator(`tbody tr > :nth-child(${number})`).allTextContents();

test('choosing facets narrows the table and makes an address to share', async ({ page, visit, hydrated, browser, baseURL, problems, request }) => {
  await visit('/catalog');
  await choose(page, 'Kind', /^Component/);
  await expect(page).toHaveURL(/\/catalog\?kind=component$/);
  await choose(page, 'Lifecycle', /^deprecated/);
  await expect(page).toHaveURL(/\/catalog\?kind=component&lifecycle=deprecated$/);
  const shown = shownNames(await entities(request, 'kind=component,spec.lifecycle=deprecated'));
  expect(shown).toContain('pin-mailer');
  await shows(page, shown);
  await expect(page.getByRole('status')).toHaveText(`${shown.length} entities match`);

  // Whoever gets the address sees the same rows, also the other way round: without JavaScript, or with it.
  const context = await browser.newContext({ javaScriptEnabled: !hydrated, baseURL: baseURL! });
  const other = await context.newPage();
  watch(other, baseURL!, problems, !hydrated);
  await other.goto(page.url());
  await shows(other, shown);
  await context.close();

  // The same link takes the choice away again, and the way back brings it back.
  await choose(page, 'Lifecycle', /^deprecated/);
  await expect(page).toHaveURL(/\/catalog\?kind=component$/);
  await expect(page.getByRole('table').locator('tbody tr')).not.toHaveCount(shown.length);
  await page.goBack();
  await shows(page, shown);
  await expect(facet(page, 'Lifecycle').locator('[aria-current]')).toHaveText(/deprecated/);
});

test('two values of one facet widen, two facets narrow', async ({ page, visit, request }) => {
  const deprecated = (await entities(request, 'kind=api,spec.lifecycle=deprecated')).length;
  expect(deprecated).toBeGreaterThan(0);
  await visit('/catalog?kind=api&lifecycle=deprecated');
  await rows(page, deprecated);
  await choose(page, 'Lifecycle', /^experimental/);
  await rows(page, deprecated + (await entities(request, 'kind=api,spec.lifecycle=experimental')).length);
  await page.getByRole('link', { name: 'Clear all filters' }).click();
  await expect(page).toHaveURL(/\/catalog$/);
  await rows(page, PAGE);
});

test('search, filters and order stay together', async ({ page, visit, hydrated, request }) => {
  await visit('/catalog?kind=api&sort=-name');
  await page.getByRole('searchbox', { name: 'Search the catalog' }).fill('events');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=events/);
  await expect.poll(() => names(page)).toEqual(expect.arrayContaining(['payment-status-events', 'card-transaction-events']));
  const found = await names(page);
  expect(found).toEqual([...found].sort().reverse());
  for (const address of await addresses(page)) expect(address).toMatch(/^\/catalog\/\w+\/api\//);
  for (const kept of ['kind=api', 'sort=-name']) expect(page.url()).toContain(kept);
  await expect(page.getByRole('searchbox')).toHaveValue('events');
  await page.goBack();
  await rows(page, Math.min((await entities(request, 'kind=api')).length, PAGE));
  // Without JavaScript the browser itself restores what was typed.
  if (hydrated) await expect(page.getByRole('searchbox')).toHaveValue('');
});

test('paging forth and back shows every row once', async ({ page, visit, request }) => {
  test.slow();
  // Other tests register software in a namespace of their own.
  const { length } = await entities(request, 'metadata.namespace=default');
  await visit('/catalog?namespace=default');
  const paging = page.getByRole('navigation', { name: 'Pages' });
  await expect(paging.getByRole('link', { name: 'Previous' })).toHaveCount(0);
  const pages = [await addresses(page)];
  for (let left = length - PAGE; left > 0; left -= PAGE) {
    await paging.getByRole('link', { name: 'Next' }).click();
    await expect(page).toHaveURL(/[?&]page=/);
    await expect.poll(() => addresses(page)).not.toEqual(pages.at(-1));
    await rows(page, Math.min(left, PAGE));
    pages.push(await addresses(page));
  }
  expect(pages.length).toBeGreaterThan(2);
  expect(new Set(pages.flat()).size).toBe(length);
  await expect(paging.getByRole('link', { name: 'Next' })).toHaveCount(0);

  await paging.getByRole('link', { name: 'Previous' }).click();
  await expect.poll(() => addresses(page)).toEqual(pages.at(-2));
  await page.goBack();
  await expect.poll(() => addresses(page)).toEqual(pages.at(-1));
  await page.goBack();
  await expect.poll(() => addresses(page)).toEqual(pages.at(-2));
});

test('the table can be ordered by a column, both ways', async ({ page, visit }) => {
  await visit('/catalog?kind=api');
  const heading = (name: string) => page.getByRole('columnheader', { name });
  await expect(heading('Name')).toHaveAttribute('aria-sort', 'ascending');
  const forth = await names(page);
  // The name alone decides, without its namespace.
  const bare = forth.map((name) => name.split('/').pop());
  expect(bare).toEqual([...bare].sort());

  await heading('Name').getByRole('link').click();
  await expect(page).toHaveURL(/sort=-name$/);
  await expect(heading('Name')).toHaveAttribute('aria-sort', 'descending');
  await shows(page, [...forth].reverse());

  await heading('Type').getByRole('link').click();
  await expect(page).toHaveURL(/sort=type$/);
  await expect(heading('Type')).toHaveAttribute('aria-sort', 'ascending');
  await expect(heading('Name')).not.toHaveAttribute('aria-sort');
  await expect.poll(() => names(page)).not.toEqual([...forth].reverse());
  const types = await column(page, 3);
  expect(types).toEqual([...types].sort());
});

test('a search without a hit says so and offers a way on', async ({ page, visit }) => {
  await visit('/catalog?q=zzzz-no-such-thing');
  await expect(page.getByRole('table')).toHaveCount(0);
  await expect(page.getByText('Nothing matches these words and filters.')).toBeVisible();
  await page.getByRole('link', { name: 'Clear all filters' }).last().click();
  await rows(page, PAGE);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test('the filters are folded until they are asked for', async ({ page, visit, request }) => {
    await visit('/catalog');
    const api = facet(page, 'Kind').getByRole('link', { name: /^API/ });
    await expect(api).toBeHidden();
    await page.locator('summary', { hasText: 'Filters' }).click();
    await choose(page, 'Kind', /^API/);
    await expect(page).toHaveURL(/\/catalog\?kind=api$/);
    await rows(page, Math.min((await entities(request, 'kind=api')).length, PAGE));
    await expect(page.locator('summary', { hasText: 'Filters' })).toContainText('1 chosen');
  });
});

test('the columns are chosen with the keyboard and stand in the address', async ({ page, visit, hydrated }) => {
  const headings = () => page.getByRole('columnheader').evaluateAll((all) => all.map((each) => each.firstChild?.textContent?.replace(/[↑↓]/g, '')));
  await visit('/catalog?kind=api');
  expect(await headings()).toEqual(['Name', 'Kind', 'Type', 'Lifecycle', 'Owner', 'System'].map((name) => expect.stringContaining(name)));
  const summary = page.locator('summary', { hasText: 'Columns' });
  // A summary has no role that a locator knows.
  for (let presses = 0; presses < 80 && !(await summary.evaluate((each) => each === document.activeElement)); presses += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await tabTo(page, 'checkbox', 'Type', 5);
  await page.keyboard.press('Space');
  await tabTo(page, 'checkbox', 'Changed', 10);
  await page.keyboard.press('Space');
  await tabTo(page, 'button', 'Show', 3);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/columns=changed/);
  await expect(page).toHaveURL(/kind=api/);
  await expect.poll(headings).toEqual(['Name', 'Kind', 'Lifecycle', 'Owner', 'System', 'Changed'].map((name) => expect.stringContaining(name)));
  await expect(page.getByRole('table').locator('tbody tr').first().locator('time')).toHaveCount(1);
  // They stay when the list is ordered, narrowed and searched.
  await page.getByRole('columnheader', { name: 'Changed' }).getByRole('link').click();
  await expect(page).toHaveURL(/sort=changed/);
  await expect(page).toHaveURL(/columns=changed/);
  await page.getByRole('searchbox', { name: 'Search the catalog' }).fill('events');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=events/);
  await expect(page).toHaveURL(/columns=changed/);
  await expect.poll(headings).toHaveLength(6);
  if (hydrated) await expect(page.getByRole('columnheader', { name: 'Type' })).toHaveCount(0);
});

test('a filter is saved under a name, used, and forgotten', async ({ page, visit }, info) => {
  const name = `Old APIs ${info.project.name}`;
  await visit('/catalog?kind=api&lifecycle=deprecated');
  const shown = await names(page);
  await page.locator('summary', { hasText: 'Save this filter' }).click();
  await page.getByRole('textbox', { name: 'Name of the filter' }).fill(name);
  await page.keyboard.press('Enter');
  const saved = page.getByRole('link', { name, exact: true });
  await expect(saved).toBeVisible();
  await expect(page).toHaveURL(/kind=api&lifecycle=deprecated/);

  await visit('/catalog');
  await saved.click();
  await expect(page).toHaveURL(/\/catalog\?kind=api&lifecycle=deprecated$/);
  await shows(page, shown);
  await page.getByRole('button', { name: `Forget ${name}` }).click();
  await expect(saved).toHaveCount(0);
  await visit('/catalog');
  await expect(saved).toHaveCount(0);
});

test('what the page lists is downloaded as CSV', async ({ page, visit, request }) => {
  await visit('/catalog?kind=api&lifecycle=deprecated&sort=-name');
  const found = await names(page);
  const coming = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download CSV' }).click();
  const download = await coming;
  expect(download.suggestedFilename()).toBe('catalog.csv');
  const lines = readFileSync(await download.path(), 'utf8').trimEnd().split(/\r?\n/);
  expect(lines[0]).toBe('Ref,Name,Title,Kind,Type,Description,Lifecycle,Owner,System,Changed');
  expect(lines.slice(1).map((line) => line.split(',')[1])).toEqual(found);
  expect(lines.length).toBeGreaterThan(1);
  // All of it, not the first page alone.
  const csv = await (await request.get('/api/catalog/entities.csv?kind=component&namespace=default')).text();
  const components = await entities(request, 'kind=component,metadata.namespace=default');
  expect(components.length).toBeGreaterThan(PAGE);
  for (const { metadata } of components) expect(csv).toContain(`\ncomponent:default/${metadata.name},`);
});
