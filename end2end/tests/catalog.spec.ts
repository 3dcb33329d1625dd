import { expect, test, type Page } from '../support/test.ts';

/** The names in the first column, in order. */
const names = (page: Page) => page.getByRole('table').locator('tbody tr').locator('th a, td a').evaluateAll(
  (links) => links.filter((link) => link === link.closest('tr')!.querySelector('a')).map((link) => link.textContent!.trim()),
);
const facet = (page: Page, name: string) => page.locator('details', { has: page.locator('summary', { hasText: name }) });

test('choosing facets narrows the table and makes an address to share', async ({ page, visit, browser, baseURL }) => {
  await visit('/catalog');
  await facet(page, 'Kind').getByRole('link', { name: /^Component/ }).click();
  await expect(page).toHaveURL(/kind=component/i);
  await facet(page, 'Lifecycle').getByRole('link', { name: /^deprecated/i }).click();
  await expect(page).toHaveURL(/lifecycle=deprecated/);
  await expect(page.getByRole('table').getByRole('link', { name: 'PIN Mailer', exact: true })).toBeVisible();
  const shown = await names(page);
  expect([...shown].sort()).toEqual(['Branch Terminal Gateway', 'Bulk Payment Importer', 'PIN Mailer']);

  // Whoever gets the address sees the same rows, with JavaScript and without.
  for (const javaScriptEnabled of [true, false]) {
    const context = await browser.newContext({ javaScriptEnabled, baseURL: baseURL! });
    const other = await context.newPage();
    await other.goto(page.url());
    expect(await names(other)).toEqual(shown);
    await context.close();
  }

  // The same link takes the choice away again.
  await facet(page, 'Lifecycle').getByRole('link', { name: /^deprecated/i }).click();
  await expect(page).not.toHaveURL(/lifecycle=/);
});

test('two values of one facet widen, two facets narrow', async ({ page, visit }) => {
  await visit('/catalog?kind=Component&owner=group:default/card-issuing');
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(1 + 3);
  await facet(page, 'Owner').getByRole('link', { name: /^Card Processing/ }).click();
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(1 + 5);
});

test('search and filters stay together', async ({ page, visit }) => {
  await visit('/catalog?kind=API');
  await page.getByRole('searchbox').fill('events');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=events/);
  await expect(page).toHaveURL(/kind=API/i);
  await expect(page.getByRole('table').getByRole('link', { name: 'Payment Status Events', exact: true })).toBeVisible();
});

test('paging forward and back shows every row once', async ({ page, visit }) => {
  await visit('/catalog?limit=25');
  const paging = page.getByRole('navigation', { name: 'Pages' });
  const first = await names(page);
  expect(first).toHaveLength(25);

  await paging.getByRole('link', { name: 'Next' }).click();
  await expect(page).toHaveURL(/after=/);
  await expect.poll(() => names(page)).not.toEqual(first);
  const second = await names(page);
  expect(second.filter((name) => first.includes(name))).toEqual([]);

  await paging.getByRole('link', { name: 'Previous' }).click();
  await expect.poll(() => names(page)).toEqual(first);
});

test('the table can be ordered by a column, both ways', async ({ page, visit }) => {
  await visit('/catalog?kind=Component');
  const name = page.getByRole('columnheader', { name: 'Name' });
  await name.getByRole('link').click();
  await expect(page).toHaveURL(/sort=/);
  await expect(name).toHaveAttribute('aria-sort', /ascending|descending/);
  const before = await names(page);
  await name.getByRole('link').click();
  await expect.poll(() => names(page)).not.toEqual(before);
});

test('a search without a hit says so and offers a way on', async ({ page, visit }) => {
  await visit('/catalog?q=zzzz-no-such-thing');
  await expect(page.getByRole('table')).toHaveCount(0);
  await page.getByRole('main').getByRole('link', { name: /clear|all/i }).first().click();
  await expect(page.getByRole('table')).toBeVisible();
});
