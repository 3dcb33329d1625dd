import { API } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

const operation = '#op-get-payments-paymentId';

test('the definition of an API lists its operations, and each unfolds', async ({ page, visit, accessible }) => {
  await visit(API);
  await page.getByRole('link', { name: 'Definition' }).click();
  await expect(page).toHaveURL(/\?tab=definition$/);
  await expect(page.locator(operation)).toBeHidden();
  await page.locator('summary', { hasText: 'Read a payment' }).click();
  await expect(page.locator(operation)).toBeVisible();
  await expect(page.locator(operation).getByRole('heading', { name: 'Path parameters' })).toBeVisible();
  await accessible();
});

test('the keyboard unfolds an operation', async ({ page, visit }) => {
  await visit(`${API}?tab=definition`);
  await page.locator('summary', { hasText: 'Read a payment' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.locator(operation)).toBeVisible();
});

test('the address of an operation unfolds it, and a type leads to its schema', async ({ page, visit }) => {
  await visit(`${API}?tab=definition${operation}`);
  await expect(page.locator(operation)).toBeVisible();
  await page.locator(operation).getByRole('link', { name: 'Payment', exact: true }).first().click();
  await expect(page).toHaveURL(/#schema-Payment$/);
  await expect(page.locator('#schema-Payment')).toBeVisible();
});

test('the source is one link away, and the way back leads back', async ({ page, visit }) => {
  await visit(`${API}?tab=definition`);
  await page.getByRole('link', { name: 'Source', exact: true }).click();
  await expect(page).toHaveURL(/show=source/);
  await expect(page.getByRole('region', { name: 'Definition, YAML' })).toContainText('operationId: createPayment');
  await page.goBack();
  await expect(page.locator('summary', { hasText: 'Read a payment' })).toBeVisible();
});

test('what is no API has no definition', async ({ page, visit }) => {
  await visit('/catalog/default/component/payment-initiation');
  await expect(page.getByRole('link', { name: 'Definition' })).toHaveCount(0);
});
