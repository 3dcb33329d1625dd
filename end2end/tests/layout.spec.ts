import { PAGES } from '../support/pages.ts';
import { expect, expectNoSidewaysScroll, test } from '../support/test.ts';

for (const { name, path, status } of PAGES) {
  test.describe(name, () => {
    test.beforeEach(({ problems }) => {
      if (status) problems.allow(new RegExp(`${status}`));
    });

    for (const colorScheme of ['light', 'dark'] as const) {
      test.describe(colorScheme, () => {
        test.use({ colorScheme });
        test('is accessible', async ({ page, visit, accessible }) => {
          await visit(path);
          await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
          await accessible();
        });
      });
    }

    test('fits a phone', async ({ page, visit, accessible }) => {
      await page.setViewportSize({ width: 390, height: 844 });
      await visit(path);
      await expectNoSidewaysScroll(page);
      await accessible();
    });
  });
}
