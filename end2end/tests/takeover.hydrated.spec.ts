import { expect, test } from '../support/test.ts';

test('links, the search and the way back change page and title without loading another document', async ({ page, visit }) => {
  await visit('/');
  const documents: string[] = [];
  page.on('request', (request) => {
    if (request.isNavigationRequest()) documents.push(request.url());
  });
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Catalog' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Catalog' })).toBeVisible();
  await expect(page).toHaveTitle('Catalog · Portico');
  await page.getByRole('searchbox', { name: 'Search the catalog' }).fill('arrears');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status')).toHaveText(/ match/);
  await page.getByRole('table').getByRole('link', { name: 'arrears-desk', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'arrears-desk' })).toBeVisible();
  await expect(page).toHaveTitle('arrears-desk · Portico');
  // From an entity to another.
  await page.getByRole('main').getByRole('link', { name: 'Loan Administration', exact: true }).first().click();
  await expect(page.getByRole('heading', { level: 1, name: 'loan-administration' })).toBeVisible();
  await expect(page).toHaveTitle('loan-administration · Portico');
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'arrears-desk' })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Catalog' })).toBeVisible();
  await expect(page).toHaveTitle('Catalog · Portico');
  await expect(page.getByRole('searchbox')).toHaveValue('arrears');
  expect(documents).toEqual([]);
});

test('the way back leads to where the reader was, and a fragment to what it names', async ({ page, visit }) => {
  await visit('/catalog');
  const link = page.getByRole('table').getByRole('row').nth(45).getByRole('rowheader').getByRole('link');
  await link.scrollIntoViewIfNeeded();
  const [before, name] = [await page.evaluate(() => scrollY), await link.textContent()];
  expect(before).toBeGreaterThan(500);
  await link.click();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect.poll(() => page.evaluate(() => scrollY)).toBe(0);
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Catalog' })).toBeVisible();
  await expect(page.getByRole('link', { name: name!, exact: true }).first()).toBeInViewport();
  expect(await page.evaluate(() => scrollY)).toBe(before);
  // A link of another page that names a place.
  await page.evaluate(() => {
    const link = document.createElement('a');
    link.href = '/catalog/default/api/payment-initiation-api?tab=definition&show=source#L120';
    link.textContent = 'The line';
    document.getElementById('main')!.prepend(link);
  });
  await page.getByRole('link', { name: 'The line' }).click();
  await expect(page.locator('#L120')).toBeInViewport();
});

test('a choice keeps the focus, what is open and what was typed', async ({ page, visit }) => {
  await visit('/catalog');
  await page.locator('summary', { hasText: 'Columns' }).click();
  const kind = page.getByRole('link', { name: /^API/ }).first();
  await kind.focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/kind=api/);
  await expect(page.getByRole('status')).toHaveText(/ match/);
  expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/^API/);
  await expect(page.getByRole('checkbox', { name: 'Changed' })).toBeVisible();
  // It is there again, wherever the list of values has put it.
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/catalog$/);
  await expect(page.getByRole('link', { name: /^Component/ }).first()).toBeVisible();
  expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/^API/);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/kind=api/);
  await page.getByRole('searchbox', { name: 'Search the catalog' }).fill('payment');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/kind=api.*q=payment|q=payment.*kind=api/);
  // The page is there, not only its address: until then nothing has been left that one could go back from.
  await expect(page.getByRole('searchbox', { name: 'Search the catalog' })).toHaveAttribute('value', 'payment');
  await expect(page.getByRole('searchbox', { name: 'Search the catalog' })).toBeFocused();
  await page.goBack();
  await expect(page.getByRole('searchbox', { name: 'Search the catalog' })).toHaveValue('');
});

test('what the browser downloads stays small and is fetched once', async ({ page, visit }) => {
  const sizes: Record<string, Promise<number>> = {};
  const asked: string[] = [];
  page.on('response', (response) => {
    const name = new URL(response.url()).pathname.split('/').pop()!;
    if (!/\.(wasm|js|css)$/.test(name)) return;
    asked.push(name);
    expect(response.headers()['content-encoding'], name).toBe('br');
    sizes[name] = response.request().sizes().then((each) => each.responseBodySize);
  });
  await visit('/catalog');
  const bytes = Object.fromEntries(await Promise.all(Object.entries(sizes).map(async ([name, size]) => [name, await size] as const)));
  const total = Object.values(bytes).reduce((sum, size) => sum + size, 0);
  console.log(`Downloads with brotli: ${total} bytes ${JSON.stringify(bytes)}`);
  expect(asked.map((name) => name.split('.').pop()).sort()).toEqual(['css', 'js', 'js', 'wasm']);
  expect(total).toBeLessThanOrEqual(450 * 1024);
});

test('address, title and page agree after any way back and forth', async ({ page, visit }) => {
  await visit('/');
  const go = async (name: string) => {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click();
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  };
  await go('Catalog');
  await go('Locations');
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Catalog' })).toBeVisible();
  await page.goForward();
  await expect(page.getByRole('heading', { level: 1, name: 'Locations' })).toBeVisible();
  await go('Catalog');
  await expect(page).toHaveURL(/\/catalog$/);
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Locations' })).toBeVisible();
  await expect(page).toHaveURL(/\/locations$/);
});

test('after the portal did not answer, the same link tries again', async ({ page, visit, problems }) => {
  problems.allow(/fn\/page|502|Bad Gateway/);
  await visit('/catalog');
  await page.route('**/api/catalog/fn/page', (route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }));
  const link = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Locations' });
  await link.click();
  await expect(page.getByRole('heading', { level: 1, name: 'Unavailable at the moment' })).toBeVisible();
  await page.unroute('**/api/catalog/fn/page');
  await link.click();
  await expect(page.getByRole('heading', { level: 1, name: 'Locations' })).toBeVisible();
});

test('what takes a while says so', async ({ page, visit }) => {
  await visit('/');
  let release = () => {};
  const held = new Promise<void>((resolve) => { release = resolve; });
  await page.route('**/api/catalog/fn/page', async (route) => {
    await held;
    await route.continue();
  });
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Catalog' }).click();
  await expect(page.locator('html[data-pk-busy]')).toBeAttached();
  release();
  await expect(page.getByRole('heading', { level: 1, name: 'Catalog' })).toBeVisible();
  await expect(page.locator('html[data-pk-busy]')).toHaveCount(0);
});

test('two of one name stay two', async ({ page, visit }) => {
  await visit('/catalog');
  const shown = await page.evaluate(() => {
    const place = document.getElementById('page')!;
    for (const [one, other] of [['a', 'b'], ['c', 'd']]) {
      const detail = `/catalog\n<ul><li data-pk-key="x">${one}</li><li data-pk-key="x">${other}</li></ul>`;
      place.dispatchEvent(new CustomEvent('portico-page', { bubbles: true, cancelable: true, detail }));
    }
    return place.textContent;
  });
  expect(shown).toBe('cd');
});
