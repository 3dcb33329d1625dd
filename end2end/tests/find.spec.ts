import { expect, test } from '../support/test.ts';

test('a developer finds a service, its owner, and what else the owner has', async ({ page, visit }) => {
  await visit('/');
  await page.getByRole('searchbox', { name: 'Search software' }).fill('payment initiation');
  await page.keyboard.press('Enter');

  await expect(page).toHaveURL(/\/catalog\?.*q=payment(\+|%20)initiation/);
  await page.getByRole('table').getByRole('link', { name: 'Payment Initiation', exact: true }).click();

  await expect(page).toHaveURL(/\/catalog\/default\/component\/payment-initiation/);
  await expect(page.getByRole('heading', { level: 1, name: 'Payment Initiation' })).toBeVisible();
  await page.getByRole('main').getByRole('link', { name: 'Instant Payments', exact: true }).first().click();

  await expect(page).toHaveURL(/\/catalog\/default\/group\/instant-payments/);
  await expect(page.getByRole('heading', { level: 1, name: 'Instant Payments' })).toBeVisible();
  for (const owned of ['Settlement Engine', 'Payment Routing', 'Payments Database']) {
    await expect(page.getByRole('main').getByRole('link', { name: owned, exact: true }).first()).toBeVisible();
  }
});

test('the home page counts what is in the catalog and leads there', async ({ page, visit }) => {
  await visit('/');
  await page.getByRole('main').getByRole('link', { name: /^28\s*Components?|Components?\s*28$/ }).click();
  await expect(page).toHaveURL(/\/catalog\?.*kind=component/i);
  await expect(page.getByRole('status').filter({ hasText: '28' })).toBeVisible();
});

test('the home page names what needs attention', async ({ page, visit }) => {
  await visit('/');
  const attention = page.getByRole('region', { name: 'Needs attention' });
  // Owned by a team that is not in the catalog any more.
  await expect(attention.getByRole('link', { name: 'Branch Terminal Gateway' })).toBeVisible();
});

test('an entity has its tabs under addresses of their own', async ({ page, visit }) => {
  await visit('/catalog/default/component/payment-initiation');
  const tabs = page.getByRole('navigation').filter({ has: page.getByRole('link', { name: 'Relations' }) });
  for (const [name, address] of [
    ['Relations', 'relations'],
    ['Descriptor', 'descriptor'],
    ['Source', 'source'],
  ] as const) {
    await tabs.getByRole('link', { name }).click();
    await expect(page).toHaveURL(new RegExp(`[?&]tab=${address}`));
    await expect(tabs.getByRole('link', { name })).toHaveAttribute('aria-current', 'page');
  }
  await page.goBack();
  await expect(page).toHaveURL(/tab=descriptor/);
  await expect(page.getByRole('main')).toContainText('payment-initiation');
});

test('a relation to something unknown says so instead of leading nowhere', async ({ page, visit }) => {
  await visit('/catalog/default/component/settlement-engine?tab=relations');
  await expect(page.getByRole('main')).toContainText('general-ledger');
  await expect(page.getByRole('main').getByRole('link', { name: 'general-ledger' })).toHaveCount(0);
});
