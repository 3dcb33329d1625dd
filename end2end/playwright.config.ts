import { defineConfig, devices } from '@playwright/test';

const chromium = process.env.PORTICO_CHROMIUM ?? '/usr/bin/chromium';

/** Two projects run the same journeys: one with the browser bundle, one with JavaScript switched off. */
export default defineConfig({
  testDir: './tests',
  outputDir: './test-results',
  // The pictures for people are no test: `script/test screens` makes them.
  testIgnore: process.env.PORTICO_SCREENS ? [] : ['**/screens.hydrated.spec.ts'],
  globalSetup: './support/server.ts',
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  // A machine under load can be too slow for one test in hundreds; one that needs its second try is counted apart, and Playwright names it.
  retries: 1,
  workers: 2,
  timeout: 30_000,
  expect: { timeout: 7_000 },
  reporter: [['list'], ['html', { open: 'never', outputFolder: 'playwright-report' }]],
  use: {
    ...devices['Desktop Chrome'],
    viewport: { width: 1440, height: 900 },
    contextOptions: { reducedMotion: 'reduce' },
    screenshot: 'only-on-failure',
    trace: 'retain-on-first-failure',
    launchOptions: {
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'hydrated' },
    { name: 'no-js', testIgnore: '**/*.hydrated.spec.ts', use: { javaScriptEnabled: false } },
  ],
});
