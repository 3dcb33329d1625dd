import { expect, test, type Page } from '../support/test.ts';

const dialog = (page: Page) => page.getByRole('dialog', { name: 'Search or go to' });
const field = (page: Page) => dialog(page).getByRole('combobox', { name: 'Search or go to' });
const options = (page: Page) => dialog(page).getByRole('option');

async function type(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await expect(field(page)).toBeFocused();
  await page.keyboard.type(words);
}

test('Ctrl K opens with the focus in the field, and finds entities, pages and actions', async ({ page, visit, accessible }) => {
  await visit('/catalog');
  await type(page, 'payment-init');
  await expect(options(page).filter({ hasText: /^payment-initiation .*Component/ })).toHaveCount(1);
  await expect(dialog(page).getByRole('status')).toHaveText(/match/);
  await accessible();
  await field(page).fill('locat');
  await expect(options(page).filter({ hasText: /^Locations\s+Page/ })).toHaveCount(1);
  await field(page).fill('dark');
  await expect(options(page).filter({ hasText: /^Use the dark theme\s+Action/ })).toHaveCount(1);
  await page.keyboard.press('Control+k');
  await expect(dialog(page)).toBeHidden();
});

test('a slip of the keyboard still finds, and what finds nothing says so', async ({ page, visit }) => {
  await visit('/');
  await type(page, 'paymnt');
  await expect(options(page).filter({ hasText: /payment/ }).first()).toBeVisible();
  await field(page).fill('catlog');
  await expect(options(page).filter({ hasText: /^Catalog\s+Page/ })).toHaveCount(1);
  await field(page).fill('qqqqzzzzxxxx');
  await expect(options(page)).toHaveCount(0);
  await expect(dialog(page).getByRole('status')).toHaveText('Nothing matches.');
});

test('arrows and Enter go to what is chosen without loading another document', async ({ page, visit }) => {
  await visit('/catalog');
  const documents: string[] = [];
  page.on('request', (request) => {
    if (request.isNavigationRequest()) documents.push(request.url());
  });
  await type(page, 'payment');
  await expect(options(page).nth(2)).toBeVisible();
  const chosen = () => dialog(page).locator('[role=option][aria-selected=true]');
  await expect(chosen()).toHaveCount(1);
  const first = await chosen().getAttribute('id');
  await expect(field(page)).toHaveAttribute('aria-activedescendant', first!);
  await page.keyboard.press('ArrowDown');
  await expect(field(page)).not.toHaveAttribute('aria-activedescendant', first!);
  await page.keyboard.press('ArrowUp');
  await expect(field(page)).toHaveAttribute('aria-activedescendant', first!);
  // Round the end.
  await page.keyboard.press('ArrowUp');
  await expect(options(page).last()).toHaveAttribute('aria-selected', 'true');
  await expect(options(page).last()).toBeInViewport();

  await field(page).fill('payment-initiation');
  const wanted = options(page).filter({ hasText: /^payment-initiation .*Component/ });
  await expect(wanted).toHaveCount(1);
  while ((await wanted.getAttribute('aria-selected')) !== 'true') await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toBeHidden();
  await expect(page).toHaveURL(/\/catalog\/default\/component\/payment-initiation$/);
  await expect(page.getByRole('heading', { level: 1, name: 'payment-initiation' })).toBeVisible();
  await expect(page.getByRole('main')).toBeFocused();
  expect(documents).toEqual([]);
});

test('Enter never runs what an older question found', async ({ page, visit }) => {
  await visit('/catalog');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('payment-initiation');
  await expect(page.getByRole('option').first()).toContainText('payment-initiation');
  await page.route('**/api/search?q=*', () => {});
  await page.getByRole('dialog').getByRole('combobox').fill('token-service');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/search\?q=token-service$/);
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByRole('heading', { level: 1, name: 'Search' })).toBeVisible();
});

test('an action is run from the menu', async ({ page, visit }) => {
  await visit('/catalog');
  await type(page, 'dark theme');
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(dialog(page)).toBeHidden();
});

test('Escape closes it and gives the focus back', async ({ page, visit }) => {
  await visit('/catalog');
  const search = page.getByRole('searchbox', { name: 'Search the catalog' });
  await search.focus();
  await type(page, 'pay');
  await expect(options(page).first()).toBeVisible();
  await page.keyboard.press('Escape');
  // The browser empties the field of a search first.
  if (await dialog(page).isVisible()) await page.keyboard.press('Escape');
  await expect(dialog(page)).toBeHidden();
  await expect(search).toBeFocused();
  // It is empty when it opens again.
  await page.keyboard.press('Control+k');
  await expect(field(page)).toHaveValue('');
});

test('a slash opens it where nothing is being written, and can be switched off for good', async ({ page, visit }) => {
  await visit('/catalog');
  await page.getByRole('searchbox', { name: 'Search the catalog' }).focus();
  await page.keyboard.type('a/b');
  await expect(page.getByRole('searchbox', { name: 'Search the catalog' })).toHaveValue('a/b');
  await expect(dialog(page)).toBeHidden();
  await page.getByRole('main').focus();
  await page.keyboard.press('/');
  await expect(field(page)).toBeFocused();
  await expect(field(page)).toHaveValue('');
  await page.keyboard.type('single-key');
  await expect(options(page).filter({ hasText: 'Switch single-key shortcuts off' })).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toBeHidden();
  for (const reloaded of [false, true]) {
    if (reloaded) await page.reload();
    await page.getByRole('main').focus();
    await page.keyboard.press('/');
    await page.keyboard.press('Tab');
    await expect(dialog(page)).toBeHidden();
  }
  await type(page, 'single-key');
  await expect(options(page).filter({ hasText: 'Switch single-key shortcuts on' })).toHaveCount(1);
  await page.keyboard.press('Enter');
  await page.getByRole('main').focus();
  await page.keyboard.press('/');
  await expect(field(page)).toBeFocused();
});

test('it works before the browser bundle has arrived', async ({ page, problems }) => {
  problems.allow(/\.wasm/);
  await page.route('**/*.wasm', () => {});
  await page.goto('/catalog');
  await type(page, 'payment-initiation');
  await expect(options(page).filter({ hasText: /^payment-initiation .*Component/ })).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/catalog\/default\/component\/payment-initiation$/);
  await expect(page.locator('html[data-hydrated]')).toHaveCount(0);
});

test('the search that does not answer leaves pages and actions', async ({ page, visit, problems }) => {
  problems.allow(/503/);
  await page.route('**/api/search?*', (route) => route.fulfill({ status: 503 }));
  await visit('/');
  await type(page, 'locations');
  await expect(dialog(page).getByRole('status')).toHaveText(/does not answer/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Locations' })).toBeVisible();
});

test('how long it takes to open', async ({ page, visit }) => {
  await visit('/catalog');
  const times: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    await page.evaluate(() => {
      const pressed = (event: KeyboardEvent) => {
        if (event.key !== 'k') return;
        removeEventListener('keydown', pressed, true);
        const painted = (now: number) => Object.assign(window, { opened: now - event.timeStamp });
        requestAnimationFrame(() => setTimeout(() => painted(performance.now())));
      };
      addEventListener('keydown', pressed, true);
      Object.assign(window, { opened: 0 });
    });
    await page.keyboard.press('Control+k');
    await expect(field(page)).toBeFocused();
    const taken = await page.waitForFunction(() => (window as unknown as { opened: number }).opened);
    times.push(await taken.jsonValue());
    await page.keyboard.press('Escape');
    await expect(dialog(page)).toBeHidden();
  }
  times.sort((one, other) => one - other);
  console.log(`The command menu is painted after ${times.map((each) => each.toFixed(0)).join(', ')} ms from the key`);
});
