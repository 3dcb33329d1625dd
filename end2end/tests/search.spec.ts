import { expect, test } from '../support/test.ts';

test('the way into the search leads to a page that works as a form', async ({ page, visit, hydrated, accessible }) => {
  await visit('/');
  const link = page.getByRole('link', { name: /Search or go to/ });
  await expect(link).toHaveAttribute('href', '/search');
  if (hydrated) await visit('/search');
  else await link.click();
  await expect(page).toHaveURL(/\/search$/);
  await page.getByRole('searchbox', { name: 'Search everything' }).fill('payment initiation');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/search\?q=payment(\+|%20)initiation$/);
  await expect(page.getByRole('status')).toHaveText(/matches for “payment initiation”/);
  await accessible();
  await page.getByRole('main').getByRole('link', { name: 'payment-initiation', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'payment-initiation' })).toBeVisible();
});

test('a slip of the keyboard finds, and nothing leads on', async ({ page, visit }) => {
  await visit('/search?q=paymnt');
  await expect(page.getByRole('status')).toHaveText(/Nothing has “paymnt”\. Shown is “\w+”\./);
  await expect(page.getByRole('main').getByRole('listitem').first()).toContainText(/payment/i);
  await visit('/search?q=qqqqzzzzxxxx');
  await expect(page.getByText('Nothing matches “qqqqzzzzxxxx”.')).toBeVisible();
  await page.getByRole('link', { name: 'Go through the catalog' }).click();
  await expect(page).toHaveURL(/\/catalog$/);
});
