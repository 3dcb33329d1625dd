import { expect, test, tookOver } from '../support/test.ts';

// These sign in themselves.
test.use({ storageState: { cookies: [], origins: [] } });

test('somebody of the example bank signs in, lands where they were going, and signs out', async ({ page, accessible, hydrated }) => {
  await page.goto('/catalog?kind=api');
  await expect(page).toHaveURL(/\/sign-in\?to=/);
  await expect(page.getByRole('note')).toContainText('This is an example');
  await accessible();
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.getByRole('button', { name: 'Sign in as Amara Diallo' }).click();
  await expect(page).toHaveURL(/\/catalog\?kind=api$/);
  if (hydrated) await tookOver(page);
  const account = page.getByRole('banner').getByRole('link', { name: /Amara Diallo/ }).first();
  await expect(account).toBeVisible();
  await account.click();
  await expect(page.getByRole('heading', { level: 1, name: 'About you' })).toBeVisible();
  await expect(page.getByRole('table', { name: /Your groups/ })).toContainText('Data Platform');
  await expect(page.getByRole('main').getByText('Administrator')).toHaveCount(0);
  await page.getByRole('main').getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'You are signed out' })).toBeVisible();
  await accessible();
  await page.goto('/catalog');
  await expect(page).toHaveURL(/\/sign-in/);
});

test('the example’s sign-in fits a phone', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto('/sign-in');
  await expect(page.getByRole('button', { name: 'Sign in as Amara Diallo' })).toBeInViewport({ ratio: 1 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
});

test('whoever lacks a right is told which one and who can grant it', async ({ page, problems, hydrated }) => {
  problems.allow(/403/);
  await page.goto('/sign-in?to=/locations');
  await page.getByRole('combobox', { name: 'Person' }).selectOption('user:default/amara.diallo');
  await page.getByRole('button', { name: 'Sign in', exact: true }).last().click();
  await expect(page.getByRole('heading', { level: 1, name: 'Locations' })).toBeVisible();
  if (hydrated) await tookOver(page);
  await page.getByRole('table').getByRole('link').first().click();
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('Locations');
  const address = `${page.url()}/unregister`;
  await page.goto(address);
  await expect(page.getByRole('heading', { level: 1, name: 'You may not see this page' })).toBeVisible();
  await expect(page.getByRole('alert')).toContainText(/You lack the right to unregister a location; .+ can grant it/);
});

test('a token is made, shown once, used by a script and revoked', async ({ page, request, accessible, baseURL, hydrated }) => {
  await page.goto('/sign-in?to=/settings/tokens');
  await page.getByRole('button', { name: 'Sign in as Amara Diallo' }).click();
  if (hydrated) await tookOver(page);
  await expect(page.getByText('You have no token')).toBeVisible();
  await page.getByLabel('Name').fill('nightly export');
  await page.locator('summary', { hasText: 'Catalog' }).click();
  await page.getByRole('checkbox', { name: /^catalog\.entity\.read/ }).check();
  await page.getByRole('button', { name: 'Make the token' }).click();
  const secret = (await page.locator('#secret').textContent()) ?? '';
  expect(secret).toMatch(/^portico_[0-9a-f]{64}$/);
  await accessible();
  const read = () => request.get(`${baseURL}/api/catalog/entities/by-query?limit=1`, { headers: { authorization: `Bearer ${secret}` } });
  expect((await read()).status()).toBe(200);
  await page.goto('/settings/tokens');
  await expect(page.locator('#secret'), 'it is shown once').toHaveCount(0);
  expect(await page.content()).not.toContain(secret);
  await page.getByRole('button', { name: 'Revoke nightly export' }).click();
  await expect(page.getByText('The token is revoked')).toBeVisible();
  expect((await read()).status()).toBe(401);
});

test('a session is ended from another browser', async ({ page, browser, baseURL, hydrated }) => {
  const signIn = async (of: typeof page) => {
    await of.goto(`${baseURL}/sign-in?to=/settings/sessions`);
    await of.getByRole('button', { name: 'Sign in as Aiko Tanaka' }).click();
    await expect(of.getByRole('heading', { level: 1, name: 'Sessions' })).toBeVisible();
  };
  const other = await browser.newContext({ storageState: { cookies: [], origins: [] } });
  const theirs = await other.newPage();
  await signIn(theirs);
  await signIn(page);
  if (hydrated) await tookOver(page);
  await page.getByRole('button', { name: 'Sign out of all others' }).click();
  await expect(page.getByText('All other sessions are ended')).toBeVisible();
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(2);
  await theirs.goto(`${baseURL}/catalog`);
  await expect(theirs).toHaveURL(/\/sign-in/);
  await other.close();
});

test('what was typed survives a sign-in that has ended', async ({ page, context, hydrated }) => {
  test.skip(!hydrated, 'a browser without scripts keeps nothing');
  await page.goto('/sign-in?to=/settings/tokens');
  await page.getByRole('button', { name: 'Sign in as Amélie Dubois' }).click();
  await tookOver(page);
  await page.getByLabel('Name').fill('release notes');
  await page.getByLabel('Good for').selectOption('7');
  await page.locator('summary', { hasText: 'Catalog' }).click();
  await page.getByRole('checkbox', { name: /^catalog\.entity\.read/ }).check();
  await context.clearCookies({ name: /^portico-\d+$/ });
  await page.getByRole('button', { name: 'Make the token' }).click();
  await expect(page).toHaveURL(/\/sign-in\?to=\/settings\/tokens/);
  await page.getByRole('button', { name: 'Sign in as Amélie Dubois' }).click();
  await tookOver(page);
  await expect(page.getByLabel('Name')).toHaveValue('release notes');
  await expect(page.getByLabel('Good for')).toHaveValue('7');
  await expect(page.getByRole('checkbox', { name: /^catalog\.entity\.read/ })).toBeChecked();
  await page.getByRole('button', { name: 'Make the token' }).click();
  await expect(page.locator('#secret')).toBeVisible();
  await page.goto('/settings/tokens');
  await expect(page.getByLabel('Name')).toHaveValue('');
});
