import { PAGES } from '../support/pages.ts';
import { test } from '../support/test.ts';

// Pictures for people to look at, made by `script/test screens`.
for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test.describe(`${colorScheme} ${width}`, () => {
      test.use({ colorScheme, viewport: { width, height: width === 390 ? 844 : 900 } });
      for (const { name, path, status } of PAGES) {
        test(name, async ({ page, visit, problems }) => {
          if (status) problems.allow(new RegExp(`${status}`));
          await visit(path);
          await page.screenshot({ path: `screenshots/${name}-${width}-${colorScheme}.png`, fullPage: true });
        });
      }
    });
  }
}
