import { PAGES } from '../support/pages.ts';
import { SCREENS, showOn, test } from '../support/test.ts';

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
] as const) {
  test(`README: ${name}`, async ({ page, visit }) => {
    for (const screen of SCREENS) {
      await showOn(page, screen);
      await visit(path);
      await page.screenshot({ path: `../docs/screenshots/${name}-${screen.width > 640 ? 'wide' : 'narrow'}-${screen.colorScheme}.png` });
    }
  });
}
