import { expect, test, type Page } from '../support/test.ts';

const SERVICE = '/catalog/default/component/payment-initiation';
const GROUP = '/catalog/default/group/instant-payments';

function drawing(page: Page) {
  return page.getByRole('group', { name: /^Relations of / });
}

test('the drawing shows what the table says, and each state of it is an address', async ({ page, visit, accessible }) => {
  test.slow();
  await visit(`${SERVICE}?tab=relations`);
  await expect(drawing(page).getByRole('link', { name: /^payment-initiation .*, you are here: / })).toBeVisible();
  await expect(drawing(page)).toHaveAccessibleDescription(/^\d+ entities, \d+ relations[.]/);
  for (const row of await page.getByRole('row').filter({ has: page.getByRole('rowheader') }).all()) {
    const name = (await row.getByRole('rowheader').locator('.pk-name').textContent())!;
    await expect(drawing(page).locator('.pk-graph__name').getByText(name, { exact: true })).toHaveCount(1);
  }
  await page.getByRole('group', { name: 'Hops' }).getByRole('link', { name: '2' }).click();
  await expect(page).toHaveURL(/hops=2$/);
  await expect(drawing(page).getByRole('link', { name: /^fraud-prevention / })).toBeVisible();
  await page.getByRole('group', { name: 'Relations' }).first().getByRole('link', { name: 'Ownership' }).click();
  await expect(page).toHaveURL(/hops=2&show=parts&show=apis&show=dependencies&show=membership$/);
  await expect(drawing(page).getByRole('link', { name: /^fraud-prevention / })).toHaveCount(0);
  await page.getByRole('group', { name: 'Direction' }).getByRole('link', { name: 'Outgoing' }).click();
  await expect(page).toHaveURL(/direction=out$/);
  await accessible();
  await drawing(page).getByRole('link', { name: 'Centre on fraud-scoring-api' }).click();
  await expect(page).toHaveURL(/api[/]fraud-scoring-api[?]tab=relations&hops=2&show=.*&direction=out$/);
  await expect(drawing(page).getByRole('link', { name: /^fraud-scoring-api .*, you are here/ })).toBeVisible();
});

test('the drawing is one stop of Tab, and the arrow keys go along its lines', async ({ page, visit, hydrated }) => {
  test.skip(!hydrated, 'without scripts Tab goes from node to node');
  await visit(`${GROUP}?tab=relations`);
  const node = (name: RegExp) => drawing(page).getByRole('link', { name });
  await page.getByRole('group', { name: 'Relations' }).first().getByRole('link', { name: 'Membership' }).focus();
  await page.keyboard.press('Tab');
  await expect(node(/^instant-payments .*you are here/)).toBeFocused();
  await expect(node(/^instant-payments .*you are here/)).toBeInViewport({ ratio: 1 });
  await page.keyboard.press('ArrowRight');
  await expect(node(/^payments-division /)).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await expect(node(/^instant-payments .*you are here/)).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  const first = await page.evaluate(() => document.activeElement?.id);
  await page.keyboard.press('ArrowDown');
  expect(await page.evaluate(() => document.activeElement?.id)).not.toBe(first);
  await page.keyboard.press('ArrowUp');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe(first);
  await page.keyboard.press('End');
  await expect(node(/^payments-division /)).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(drawing(page).getByRole('link', { name: 'Centre on payments-division' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(drawing(page).locator(':focus')).toHaveCount(0);
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  await expect(node(/^payments-division /)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/group[/]payments-division$/);
});

test('on a phone the drawing scrolls by itself and begins where the reader is', async ({ page, visit, hydrated }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await visit(`${GROUP}?tab=relations`);
  const centre = drawing(page).getByRole('link', { name: /^instant-payments .*you are here/ });
  if (!hydrated) await centre.focus();
  await centre.scrollIntoViewIfNeeded();
  await expect(centre).toBeInViewport({ ratio: 1 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
});
