import { create, createFileRegistry, type DescMessage } from '@bufbuild/protobuf'
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'
import { readFileSync } from 'node:fs'

const types: Readonly<Record<string, Type>> = { uint32: Type.UINT32, uint64: Type.UINT64, bytes: Type.BYTES }

/** The messages of envelope.proto as @bufbuild/protobuf knows them, built from the text itself. */
export function readProtoSchema(): { readonly envelope: DescMessage; readonly body: DescMessage } {
  const messageOf = readProtoFile('envelope.proto')
  return { envelope: messageOf('Envelope'), body: messageOf('Body') }
}

/** A message of a file by its name. */
export function readProtoFile(fileName: string): (name: string) => DescMessage {
  const text = readFileSync(new URL(`../${fileName}`, import.meta.url), 'utf8')
  const messageType = [...text.matchAll(/^message (\w+) \{(.*?)^\}/gms)].map(([, name, fields]) => ({
    name: name!,
    field: [...fields!.matchAll(/^ {2}(repeated )?(\w+) (\w+) = (\d+);/gm)].map(
      ([, repeated, type, field, number]) => ({
        name: field!,
        number: Number(number),
        ...(types[type!] === undefined
          ? { type: Type.MESSAGE, typeName: `.grapevine.${type}` }
          : { type: types[type!]! }),
        label: repeated === undefined ? Label.OPTIONAL : Label.REPEATED,
      }),
    ),
  }))
  const file = create(FileDescriptorProtoSchema, {
    name: fileName,
    package: 'grapevine',
    syntax: 'proto3',
    messageType,
  })
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] }))
  return (name) => registry.getMessage(`grapevine.${name}`)!
}
