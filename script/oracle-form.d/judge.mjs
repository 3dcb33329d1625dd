// Reads forms with values and Portico's verdicts on them, a line each, and says where react-jsonschema-form differs.
// Usage: node judge.mjs PACKAGES < forms   (PACKAGES: the directory that npm installed into)
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(process.argv[2] + '/package.json');
const { customizeValidator } = require('@rjsf/validator-ajv8');
const { getDefaultFormState, retrieveSchema, deepEquals } = require('@rjsf/utils');
const ajvErrors = require('ajv-errors');
const { createElement } = require('react');
const { renderToStaticMarkup } = require('react-dom/server');
const { default: Form } = require('@rjsf/core');

for (const quiet of ['warn', 'error']) console[quiet] = () => {};

const BEHAVIOUR = { allOf: 'populateDefaults' };
const SHOWN = Number(process.env.SHOWN ?? 5);
const counts = {};
const count = (name, by = 1) => (counts[name] = (counts[name] ?? 0) + by);
const differences = [];
const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value);
const plain = value => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));

// A pattern that is none under the flag `u`, which ajv sets, is read without it, as Portico does.
const lenient = (pattern, flags) => {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return new RegExp(pattern);
  }
};
lenient.code = 'lenient';

function newValidator(regExp) {
  const validator = customizeValidator(regExp ? { ajvOptionsOverrides: { code: { regExp } } } : {});
  ajvErrors(validator.ajv);
  return validator;
}

// A page as Backstage hands it over: what begins with `ui:` apart from the rest.
function apart(page) {
  const schema = structuredClone(page);
  const ui = {};
  separate(schema, ui);
  const { title, ...rest } = schema;
  return { schema: rest, ui };
}

function separate(schema, ui) {
  if (!isObject(schema)) return;
  for (const key of Object.keys(schema)) {
    if (!key.startsWith('ui:')) continue;
    ui[key] = schema[key];
    delete schema[key];
  }
  for (const [name, property] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
    if (isObject(property)) separate(property, (ui[name] = isObject(ui[name]) ? ui[name] : {}));
  }
  if (isObject(schema.items)) separate(schema.items, (ui.items = {}));
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    if (Array.isArray(schema[keyword])) schema[keyword].forEach(part => separate(part, ui));
  }
  if (isObject(schema.dependencies)) Object.values(schema.dependencies).forEach(part => separate(part, ui));
  separate(schema.then, ui);
  separate(schema.else, ui);
}

class Page {
  constructor(schema, regExp) {
    Object.assign(this, apart(schema));
    this.validator = newValidator(regExp);
  }
  compiles() {
    try {
      this.validator.ajv.compile(this.schema);
      return true;
    } catch {
      return false;
    }
  }
  accepts(values) {
    const resolved = retrieveSchema(this.validator, this.schema, this.schema, values);
    const { errors, validationError } = this.validator.rawValidation(resolved, values);
    return !validationError && !(errors ?? []).length;
  }
  defaults(values) {
    return plain(getDefaultFormState(this.validator, this.schema, values, this.schema, false, BEHAVIOUR));
  }
  controls(values, fields) {
    const html = renderToStaticMarkup(
      createElement(Form, {
        schema: this.schema,
        uiSchema: this.ui,
        validator: this.validator,
        formData: structuredClone(values),
        fields,
        experimental_defaultFormStateBehavior: BEHAVIOUR,
      }),
    );
    const ids = [...html.matchAll(/<(?:input|select|textarea|fieldset|i) [^>]*?\bid="(root[^"]*)"/g)].map(match => match[1]);
    return new Set(ids.filter(id => !id.endsWith('-key')).map(id => id.replace(/-\d+$/, '').replace(/__(one|any)of_select$/, '__select')));
  }
}

const stand = name => ({ idSchema }) => createElement('i', { id: idSchema.$id, title: name });
const FIELDS = Object.fromEntries(
  [
    'OwnerPicker', 'EntityPicker', 'MultiEntityPicker', 'OwnedEntityPicker', 'MyGroupsPicker', 'EntityNamePicker',
    'EntityTagsPicker', 'RepoUrlPicker', 'RepoBranchPicker', 'RepoOwnerPicker', 'Secret',
  ].map(name => [name, stand(name)]),
);

// Whether a value has all that another has, and perhaps more.
const covers = (more, value) =>
  isObject(value) ? isObject(more) && Object.keys(value).every(key => key in more && covers(more[key], value[key])) : deepEquals(more, value);

function differ(kind, form, detail) {
  count(`${kind} different`);
  if (counts[`${kind} different`] <= SHOWN) differences.push(`${kind}: ${form.name}\n    ${detail}`);
}

function judge(form) {
  count('forms');
  const pages = form.pages.map(({ written, read }) => {
    const asWritten = new Page(written);
    const asRead = new Page(read, lenient);
    const readable = asWritten.compiles();
    if (!readable) count('pages that ajv cannot read as written');
    if (!asRead.compiles()) differ('repair', form, `ajv cannot read ${JSON.stringify(read).slice(0, 2000)}`);
    return { asWritten: readable ? asWritten : asRead, asRead };
  });
  for (const { values, shown, accepted } of form.cases) {
    shown.forEach((at, n) => {
      count('verdicts');
      if (pages[at].asWritten.accepts(values) === accepted[n]) return count('verdicts equal');
      if (pages[at].asRead.accepts(values) === accepted[n]) return count('verdicts equal once the page is repaired');
      differ('verdicts', form, `page ${at}, Portico ${accepted[n] ? 'accepts' : 'refuses'} ${JSON.stringify(values)}\n    ${JSON.stringify(form.pages[at].written).slice(0, 3000)}`);
    });
  }
  for (const { given, filled, shown } of form.defaults) {
    count('defaults');
    const all = which => {
      let values = structuredClone(given);
      for (let round = 0; round < 8; round++) {
        const before = structuredClone(values);
        for (const at of shown) values = pages[at][which].defaults(values);
        if (deepEquals(before, values)) break;
      }
      return values;
    };
    let wanted;
    try {
      wanted = all('asWritten');
    } catch {
      count('defaults that RJSF cannot fill in');
      continue;
    }
    if (deepEquals(wanted, filled)) count('defaults equal');
    else if (deepEquals(all('asRead'), filled)) count('defaults equal once the page is repaired');
    // RJSF fills in what a nested condition brings only once the field has been touched, or not at all.
    else if (covers(filled, wanted)) count('defaults that go further');
    else differ('defaults', form, `given ${JSON.stringify(given)}\n    Portico ${JSON.stringify(filled)}\n    RJSF    ${JSON.stringify(wanted)}\n    ${JSON.stringify(form.pages.map(p => p.written)).slice(0, 3000)}`);
  }
  for (const { values, page, controls } of form.trees) {
    count('trees');
    const fields = { ...FIELDS };
    let wanted;
    try {
      wanted = pages[page].asRead.controls(values, fields);
    } catch (error) {
      count('trees that RJSF cannot draw');
      continue;
    }
    const drawn = new Set(controls);
    const missing = [...wanted].filter(id => !drawn.has(id));
    const more = [...drawn].filter(id => !wanted.has(id));
    count('fields in trees', wanted.size);
    if (!missing.length && !more.length) count('trees equal');
    else if (!missing.length && form.lenient) count('trees with more fields');
    else differ('trees', form, `page ${page} lacks [${missing}] has also [${more}] for ${JSON.stringify(values)}\n    ${JSON.stringify(form.pages[page].written).slice(0, 3000)}`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim()) judge(JSON.parse(line));
}
for (const difference of differences) console.log(difference);
console.log(Object.entries(counts).map(([name, number]) => `${number} ${name}`).join(', '));
process.exit(Object.keys(counts).some(name => name.endsWith('different')) ? 1 : 0);
