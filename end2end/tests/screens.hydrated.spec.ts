import { LIMITS, PAGES } from '../support/pages.ts';
import { expect, SCREENS, showOn, test, type Page } from '../support/test.ts';

/** What the form of a service is filled in with. */
const PAYOUTS = {
  name: 'payout-router',
  description: 'Chooses the rail that pays a merchant out soonest',
  owner: 'group:default/instant-payments',
  tier: 'tier-2',
  repoUrl: 'portico?owner=instant-payments&repo=payout-router',
  database: true,
};

// Pictures for people to look at, made by `script/test screens`.
for (const { name, path, status } of PAGES) {
  test(name, async ({ page, visit, problems }) => {
    if (status) problems.allow(new RegExp(`${status}`));
    await visit(path);
    for (const screen of SCREENS) {
      await showOn(page, screen);
      await page.screenshot({ path: `screenshots/${name}-${screen.width}-${screen.colorScheme}.png`, fullPage: true });
    }
  });
}

// Those of the README, in docs/screenshots.
for (const [name, path] of [
  ['home', '/'],
  ['catalog', '/catalog?kind=component&kind=api'],
  ['entity', '/catalog/default/component/payment-initiation'],
  ['relations', '/catalog/default/component/payment-routing?tab=relations'],
  ['definition', '/catalog/default/api/payment-initiation-api?tab=definition&show=op-post-payments'],
  ['docs', '/catalog/default/component/card-authoriser/docs'],
  ['group', '/catalog/default/group/payments-division'],
  ['search', '/search?q=payment'],
  ['locations', '/locations'],
  ['register', '/locations/register'],
  ['design', '/design/components/line'],
  ['access', '/access?who=user:default/amelie.dubois&action=catalog.entity.delete&thing=component:default/payment-initiation'],
  ['audit', '/audit'],
  ['settings', '/settings'],
  ['tokens', '/settings/tokens'],
  ['inbox', '/inbox?tab=all'],
  ['contribute', '/contribute'],
  ['contribution', LIMITS],
  ['gate', `${LIMITS}/gate`],
  ['workbench', '/contribute/contributions/15ad0838-2241-561d-a7e4-b9b27b0b2328/workbench?width=768&finding=0'],
  ['pitch', '/contribute/pitch'],
  ['create', '/create'],
  ['template', '/create/templates/default/payment-service'],
  ['form', `/create/templates/default/payment-service/form?page=1&formData=${encodeURIComponent(JSON.stringify(PAYOUTS))}`],
] as const) {
  test(`README: ${name}`, async ({ page, visit }) => picture(page, visit, name, path));
}

test('README: run', async ({ page, visit, baseURL }) => {
  const data = { templateRef: 'template:default/payment-service', values: PAYOUTS };
  const answer = await page.request.post('/api/scaffolder/v2/tasks', { data, headers: { origin: baseURL! } });
  expect(answer.status(), await answer.text()).toBe(201);
  const { id } = (await answer.json()) as { id: string };
  await expect(async () => {
    const { status } = (await (await page.request.get(`/api/scaffolder/v2/tasks/${id}`)).json()) as { status: string };
    expect(status).toBe('completed');
  }).toPass({ timeout: 25_000 });
  await picture(page, visit, 'run', `/create/runs/${id}`);
});

async function picture(page: Page, visit: (path: string) => Promise<void>, name: string, path: string): Promise<void> {
  for (const screen of SCREENS) {
    await showOn(page, screen);
    await visit(path);
    await page.screenshot({ path: `../docs/screenshots/${name}-${screen.width > 640 ? 'wide' : 'narrow'}-${screen.colorScheme}.png` });
  }
}
