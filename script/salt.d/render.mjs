// Renders a page of Salt's own components, as React's own server rendering gives it, into a folder: index.html, theme.css, core.css.
// Usage: node render.mjs FOLDER
import { readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createElement as h } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import * as salt from '@salt-ds/core';

const { Accordion, AccordionGroup, AccordionHeader, AccordionPanel, Avatar, Badge, Banner, BannerContent, Button, Card, Checkbox, CheckboxGroup, Divider, FlowLayout, FormField, FormFieldHelperText, FormFieldLabel, GridItem, GridLayout, H1, H2, H3, Input, Link, LinkCard, MultilineInput, Panel, Pill, RadioButton, RadioButtonGroup, SaltProvider, Spinner, StackLayout, StatusIndicator, Switch, Tag, Text, ToggleButton, ToggleButtonGroup } = salt;

const buttons = ['accented', 'neutral', 'positive', 'negative', 'caution'].flatMap((sentiment) =>
  ['solid', 'bordered', 'transparent'].map((appearance) => h(Button, { key: sentiment + appearance, sentiment, appearance }, `${sentiment} ${appearance}`)),
);
const banners = ['info', 'error', 'warning', 'success'].map((status) => h(Banner, { key: status, status }, h(BannerContent, null, `Figures are those of yesterday (${status}).`)));
const field = (label, control, help) => h(FormField, null, h(FormFieldLabel, null, label), control, help && h(FormFieldHelperText, null, help));

const body = renderToStaticMarkup(
  h(SaltProvider, { mode: 'light', density: 'medium', applyClassesTo: 'root' },
    h('main', null,
      h(StackLayout, { gap: 3, padding: 3 },
        h(H1, null, 'Positions'),
        h(Text, null, 'What the desk holds at the close of the day.'),
        h(Text, { color: 'secondary' }, 'Held to maturity.'),
        h(StackLayout, { gap: 1 }, banners),
        h(FlowLayout, { gap: 1 }, buttons, h(Button, { key: 'locked', disabled: true }, 'Locked')),
        h(Divider),
        h(H2, null, 'Order'),
        field('Ticker', h(Input, { defaultValue: 'ABC' }), 'Three letters.'),
        field('Broker', h(Input, { variant: 'secondary', bordered: true, defaultValue: 'North' })),
        field('Note', h(MultilineInput, { defaultValue: 'Buy at open' })),
        h(CheckboxGroup, { 'aria-label': 'Terms' }, h(Checkbox, { label: 'Good till cancelled', value: 'gtc' }), h(Checkbox, { label: 'All or none', value: 'aon' })),
        h(RadioButtonGroup, { name: 'side', 'aria-label': 'Side' }, h(RadioButton, { label: 'Buy', value: 'buy' }), h(RadioButton, { label: 'Sell', value: 'sell' })),
        h(Switch, { label: 'Notify me' }),
        h(ToggleButtonGroup, { defaultValue: 'day', 'aria-label': 'Period' }, h(ToggleButton, { value: 'day' }, 'Day'), h(ToggleButton, { value: 'week' }, 'Week')),
        h(H2, null, 'Holdings'),
        h(FlowLayout, { gap: 1 }, h(Tag, null, 'Equity'), h(Pill, null, 'Bond'), h(Badge, { value: 4 }), h(Avatar, { name: 'Ann Lee' }), h(StatusIndicator, { status: 'success' }), h(Spinner, { 'aria-label': 'Loading', size: 'small' })),
        h(GridLayout, { columns: 2, gap: 2 }, h(GridItem, null, h(Panel, null, h(Text, null, 'A panel'))), h(GridItem, null, h(Panel, { variant: 'secondary' }, h(Text, null, 'Another')))),
        h(Card, null, h(StackLayout, { gap: 1 }, h(H3, null, 'Government bonds'), h(Text, null, 'Held to maturity.'), h(Link, { href: '#bonds' }, 'Show the ladder'))),
        h(LinkCard, { href: '#loans' }, h(Text, null, 'Loans')),
        h(AccordionGroup, null, h(Accordion, { value: 'a', defaultExpanded: true }, h(AccordionHeader, null, 'Details'), h(AccordionPanel, null, h(Text, null, 'All of them.'))))))),
);

const require = createRequire(import.meta.url);
const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
writeFileSync(
  join(folder, 'index.html'),
  `<!doctype html><html lang="en" class="salt-theme salt-density-medium" data-mode="light"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Positions</title><link rel="stylesheet" href="theme.css"><link rel="stylesheet" href="core.css"></head><body>${body}</body></html>`,
);
writeFileSync(join(folder, 'theme.css'), readFileSync(require.resolve('@salt-ds/theme/index.css')));
writeFileSync(join(folder, 'core.css'), readFileSync(require.resolve('@salt-ds/core/css/salt-core.css')));
