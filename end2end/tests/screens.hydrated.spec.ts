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

// Those of the README, in docs/images.
for (const [name, path] of [
  ['home', '/'],
  ['catalog', '/catalog?kind=component&kind=api'],
  ['entity', '/catalog/default/component/payment-initiation'],
  ['locations', '/locations'],
] as const) {
  test(`README: ${name}`, async ({ page, visit }) => {
    await visit(path);
    await showOn(page, { width: 1440, colorScheme: 'light' });
    await page.screenshot({ path: `screenshots/${name}.png` });
  });
}
