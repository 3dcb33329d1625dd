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

test('choosing facets narrows the table and makes an address to share', async ({ page, visit, hydrated, browser, baseURL, problems }) => {
  await visit('/catalog');
  await choose(page, 'Kind', /^Component/);
  await expect(page).toHaveURL(/\/catalog\?kind=component$/);
  await choose(page, 'Lifecycle', /^deprecated/);
  await expect(page).toHaveURL(/\/catalog\?kind=component&lifecycle=deprecated$/);
  const shown = ['branch-terminal-gateway', 'bulk-payment-importer', 'pin-mailer'];
  await shows(page, shown);
  await expect(page.getByRole('status')).toHaveText('3 entities match');

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
  await expect(page.getByRole('table').locator('tbody tr')).not.toHaveCount(3);
  await page.goBack();
  await shows(page, shown);
  await expect(facet(page, 'Lifecycle').locator('[aria-current]')).toHaveText(/deprecated/);
});

test('two values of one facet widen, two facets narrow', async ({ page, visit }) => {
  await visit('/catalog?kind=component&owner=group:default/card-issuing');
  await rows(page, 3);
  await choose(page, 'Owner', /^card.processing/i);
  await rows(page, 5);
  await page.getByRole('link', { name: 'Clear all filters' }).click();
  await expect(page).toHaveURL(/\/catalog$/);
  await rows(page, 50);
});

test('search, filters and order stay together', async ({ page, visit, hydrated }) => {
  await visit('/catalog?kind=api&sort=-name');
  await page.getByRole('searchbox', { name: 'Search the catalog' }).fill('events');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=events/);
  await shows(page, ['payment-status-events', 'card-transaction-events']);
  for (const kept of ['kind=api', 'sort=-name']) expect(page.url()).toContain(kept);
  await expect(page.getByRole('searchbox')).toHaveValue('events');
  await page.goBack();
  await rows(page, 8);
  // Without JavaScript the browser itself restores what was typed.
  if (hydrated) await expect(page.getByRole('searchbox')).toHaveValue('');
});

test('paging forth and back shows every row once', async ({ page, visit, request }) => {
  const { totalItems } = await (await request.get('/api/catalog/entities/by-query?limit=1')).json();
  await visit('/catalog');
  const paging = page.getByRole('navigation', { name: 'Pages' });
  const first = await addresses(page);
  expect(first).toHaveLength(50);
  await expect(paging.getByRole('link', { name: 'Previous' })).toHaveCount(0);

  await paging.getByRole('link', { name: 'Next' }).click();
  await expect(page).toHaveURL(/\/catalog\?page=/);
  await rows(page, totalItems - 50);
  const second = await addresses(page);
  expect(new Set([...first, ...second]).size).toBe(totalItems);
  await expect(paging.getByRole('link', { name: 'Next' })).toHaveCount(0);

  await paging.getByRole('link', { name: 'Previous' }).click();
  await expect.poll(() => addresses(page)).toEqual(first);
  await page.goBack();
  await expect.poll(() => addresses(page)).toEqual(second);
  await page.goBack();
  await expect(page).toHaveURL(/\/catalog$/);
  await expect.poll(() => addresses(page)).toEqual(first);
});

test('the table can be ordered by a column, both ways', async ({ page, visit }) => {
  await visit('/catalog?kind=component');
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
  await rows(page, 50);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test('the filters are folded until they are asked for', async ({ page, visit }) => {
    await visit('/catalog');
    const api = facet(page, 'Kind').getByRole('link', { name: /^API/ });
    await expect(api).toBeHidden();
    await page.locator('summary', { hasText: 'Filters' }).click();
    await choose(page, 'Kind', /^API/);
    await expect(page).toHaveURL(/\/catalog\?kind=api$/);
    await rows(page, 8);
    await expect(page.locator('summary', { hasText: 'Filters' })).toContainText('1 chosen');
  });
});
