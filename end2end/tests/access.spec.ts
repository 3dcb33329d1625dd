import { tabTo } from '../support/keys.ts';
import { signIn } from '../support/sign-in.mjs';
import { expect, test } from '../support/test.ts';

const THING = 'component:default/payment-initiation';

test('the policies in force are listed, and one can be read', async ({ page, visit, accessible }) => {
  await visit('/access');
  await expect(page.getByRole('heading', { level: 1, name: 'Access' })).toBeVisible();
  const policies = page.locator('section', { has: page.getByRole('heading', { name: 'Policies in force' }) });
  for (const name of ['everyone-reads', 'owners-change', 'administrators']) {
    await expect(policies.locator('summary', { hasText: name })).toBeVisible();
  }
  await policies.locator('summary', { hasText: 'owners-change' }).click();
  await expect(policies.getByText(/^default\.cedar, line \d+$/).filter({ visible: true })).toHaveCount(1);
  await expect(policies.getByRole('region', { name: 'Policy owners-change' })).toContainText('principal in resource.owner');
  await accessible();
});

test('a decision is asked for a person, an action and a thing, and names the policy that made it', async ({ page, visit, accessible }) => {
  await visit('/access');
  const decision = page.locator('section', { has: page.getByRole('heading', { name: 'The decision' }) });
  const ask = async (who: string, action: string) => {
    await page.getByLabel('Who').fill(who);
    await page.getByLabel('Action').selectOption(action);
    await page.getByLabel('Thing', { exact: true }).fill(THING);
    await page.getByRole('button', { name: 'Decide' }).click();
    await expect(page).toHaveURL(new RegExp(`[?&]action=${action.replaceAll('.', '\\.')}`));
  };
  await ask('user:default/amara.diallo', 'catalog.entity.read');
  await expect(decision).toContainText('Allowed A policy permits it.');
  await expect(decision).toContainText('Amara Diallo (user:default/amara.diallo)');
  await expect(decision.locator('summary', { hasText: 'everyone-reads' })).toBeVisible();
  await ask('user:default/amara.diallo', 'catalog.entity.delete');
  await expect(decision).toContainText('Refused No policy permits it.');
  await expect(decision).toContainText(/You lack the right to delete an entity; group:default\/\S+, which owns it, or an administrator of the portal can grant it\./);
  await expect(page.getByLabel('Who')).toHaveValue('user:default/amara.diallo');
  await accessible();
  await ask('user:default/elena.petrova', 'catalog.entity.delete');
  await expect(decision).toContainText('Allowed A policy permits it.');
  await expect(decision.locator('summary', { hasText: 'administrators' })).toBeVisible();
});

test('a decision is asked for with the keyboard alone', async ({ page, visit }) => {
  await visit('/access');
  await tabTo(page, 'combobox', 'Action');
  await page.keyboard.type('catalog.entity.delete');
  await tabTo(page, 'textbox', 'Thing');
  await page.keyboard.type(THING);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 2, name: 'The decision' })).toBeVisible();
  await expect(page).toHaveURL(/[?&]action=catalog\.entity\.delete/);
});

test.describe('somebody who is no administrator', () => {
  test.use({
    storageState: async ({ baseURL }, use) => {
      await use({ cookies: await signIn(baseURL!, 'user:default/amara.diallo'), origins: [] });
    },
  });

  test('asks about themselves, and is told who may ask about others', async ({ page, visit, problems, accessible }) => {
    problems.allow(/403/);
    await visit(`/access?action=catalog.entity.delete&thing=${THING}`);
    await expect(page.getByText('No policy permits it.')).toBeVisible();
    await page.goto(`/access?who=user:default/elena.petrova&action=catalog.entity.delete&thing=${THING}`);
    await expect(page.getByRole('heading', { level: 1, name: 'You may not see this page' })).toBeVisible();
    await expect(page.getByRole('alert')).toContainText(/You lack the right to see what this person may do; .+ can grant it/);
    await accessible();
  });

  test('is offered nothing that the gate would refuse', async ({ page, visit, accessible }) => {
    await visit('/locations');
    await page.getByRole('table').getByRole('link').first().click();
    await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('Locations');
    await expect(page.getByRole('button', { name: 'Refresh now' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Unregister' })).toHaveCount(0);
    await accessible();
  });
});
