// TypeBox is the one source of a shape; ajv judges everything that crosses a border.
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import Type, { type Static, type TSchema } from 'typebox'

const ajv = new Ajv({ allErrors: true, strict: false, allowUnionTypes: true })
// ajv-formats is CommonJS: what Node imports is the module, the plugin is its `default`.
addFormats.default(ajv)

/** A validator that compiles on first use and narrows to the schema's type. */
export interface Check<S extends TSchema> {
  readonly schema: S
  is(value: unknown): value is Static<S>
  /** All errors of the last refused value, at once. */
  errors(value: unknown): ErrorObject[]
}

export function checker<S extends TSchema>(schema: S): Check<S> {
  let validate: ValidateFunction | null = null
  const compiled = () => {
    validate ??= ajv.compile(schema)
    return validate
  }
  return {
    schema,
    is: (value): value is Static<S> => compiled()(value) === true,
    errors(value) {
      const run = compiled()
      return run(value) ? [] : [...(run.errors ?? [])]
    },
  }
}

export function orNull<S extends TSchema>(shape: S) {
  return Type.Union([shape, Type.Null()])
}
