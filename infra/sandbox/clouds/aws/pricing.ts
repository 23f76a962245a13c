// The price list: products as AWS publishes them, each a JSON text of its own, with the neighbours that a careless query
// takes for what it looked for (Windows, reserved capacity, throughput of gp3, idle addresses).
import { instanceKinds, priceOf } from './catalogue.ts'
import { isObject, type JsonService, listIn, textIn } from './json.ts'
import { AwsProblem } from './problem.ts'
import { type AwsRegion, idFrom } from './regions.ts'

interface Product {
  service: 'AmazonEC2' | 'AmazonVPC'
  family: string
  attributes: Readonly<Record<string, string>>
  unit: string
  nanos: number
  what: string
}

export const pricing: JsonService = {
  contentType: 'application/x-amz-json-1.1',
  throttled: { code: 'ThrottlingException', status: 400 },
  actions: {
    GetProducts: {
      members: ['ServiceCode', 'Filters', 'FormatVersion', 'NextToken', 'MaxResults'],
      answer({ account, body }) {
        const service = textIn(body, 'ServiceCode')
        const filters = listIn(body.Filters).filter(isObject).map(fitOf)
        const size = typeof body.MaxResults === 'number' ? body.MaxResults : 100
        if (size < 1 || size > 100) throw new AwsProblem('InvalidParameterException', 'MaxResults is 1 to 100')
        const from = typeof body.NextToken === 'string' ? Number(body.NextToken) : 0
        if (!Number.isInteger(from)) throw new AwsProblem('InvalidNextTokenException', 'The token is not valid')
        const found = account.regions
          .flatMap(productsIn)
          .filter(product => product.service === service && filters.every(fits => fits(product)))
        const rest = from + size < found.length ? { NextToken: String(from + size) } : {}
        return { FormatVersion: 'aws_v1', PriceList: found.slice(from, from + size).map(published), ...rest }
      },
    },
  },
}

function fitOf(filter: Readonly<Record<string, unknown>>): (product: Product) => boolean {
  const field = textIn(filter, 'Field')
  const value = textIn(filter, 'Value').toLowerCase()
  const of = ({ family, service, attributes }: Product) => {
    if (field === 'productFamily') return family.toLowerCase()
    return (field === 'ServiceCode' || field === 'servicecode' ? service : attributes[field])?.toLowerCase()
  }
  switch (textIn(filter, 'Type')) {
    case 'TERM_MATCH':
    case 'EQUALS':
      return product => of(product) === value
    case 'CONTAINS':
      return product => of(product)?.includes(value) === true
    case 'ANY_OF':
      return product => value.split(',').some(one => of(product) === one)
    case 'NONE_OF':
      return product => !value.split(',').some(one => of(product) === one)
    default:
      throw new AwsProblem('InvalidParameterException', 'Input Parameters are invalid')
  }
}

function productsIn({ name }: AwsRegion): Product[] {
  const where = { regionCode: name, locationType: 'AWS Region' }
  // us-east-1's usage types have no prefix in EC2.
  const prefix = name === 'us-east-1' ? '' : `${usagePrefix(name)}-`
  const instances = instanceKinds.flatMap(kind => {
    const price = priceOf(name, 'instance', kind.type)
    if (!price) return []
    const common = {
      ...where,
      servicecode: 'AmazonEC2',
      servicename: 'Amazon Elastic Compute Cloud',
      instanceType: kind.type,
      vcpu: String(kind.vcpus),
      memory: `${kind.memoryMib / 1_024} GiB`,
      storage: 'EBS only',
      currentGeneration: 'Yes',
      instanceFamily: 'General purpose',
      tenancy: 'Shared',
      preInstalledSw: 'NA',
      marketoption: 'OnDemand',
    }
    const make = (operatingSystem: string, capacitystatus: string, operation: string, nanos: number): Product => {
      const used =
        capacitystatus === 'Used'
          ? 'BoxUsage'
          : capacitystatus === 'AllocatedCapacityReservation'
            ? 'Reservation'
            : 'UnusedBox'
      const licenseModel = 'No License required'
      return {
        service: 'AmazonEC2',
        family: 'Compute Instance',
        attributes: {
          ...common,
          operatingSystem,
          capacitystatus,
          operation,
          licenseModel,
          usagetype: `${prefix}${used}:${kind.type}`,
        },
        unit: 'Hrs',
        nanos,
        what: `per On Demand ${operatingSystem} ${kind.type} Instance Hour`,
      }
    }
    const linux = [
      make('Linux', 'Used', 'RunInstances', price.nanos),
      make('Linux', 'UnusedCapacityReservation', 'RunInstances', price.nanos),
      make('Linux', 'AllocatedCapacityReservation', 'RunInstances', 0),
    ]
    const windows = make('Windows', 'Used', 'RunInstances:0002', price.nanos + kind.vcpus * 2_300_000)
    return kind.arch === 'arm64' ? linux : [...linux, windows]
  })
  const gp3 = priceOf(name, 'disk', 'gp3')
  const volumes: Product[] = gp3
    ? [
        volumeProduct(
          'Storage',
          'EBS:VolumeUsage.gp3',
          'GB-Mo',
          gp3.nanos,
          'per GB-month of General Purpose (gp3) provisioned storage',
        ),
        volumeProduct(
          'System Operation',
          'EBS:VolumeP-IOPS.gp3',
          'IOPS-Mo',
          5_000_000,
          'per IOPS-month provisioned (gp3)',
        ),
        volumeProduct(
          'Provisioned Throughput',
          'EBS:VolumeP-Throughput.gp3',
          'GiBps-mo',
          40_960_000_000,
          'per GiBps-month provisioned (gp3)',
        ),
      ]
    : []
  function volumeProduct(family: string, usage: string, unit: string, nanos: number, what: string): Product {
    const attributes = {
      ...where,
      servicecode: 'AmazonEC2',
      volumeApiName: 'gp3',
      volumeType: 'General Purpose',
      usagetype: `${prefix}${usage}`,
    }
    return { service: 'AmazonEC2', family, attributes, unit, nanos, what }
  }
  const addresses = gp3
    ? (['InUseAddress', 'IdleAddress'] as const).map((use): Product => {
        const usagetype = `${usagePrefix(name)}-PublicIPv4:${use}`
        const attributes = {
          ...where,
          servicecode: 'AmazonVPC',
          group: 'VPCPublicIPv4Address',
          groupDescription: 'Hourly charge for public IPv4 addresses',
          usagetype,
        }
        const what = `per ${use === 'InUseAddress' ? 'In-use' : 'Idle'} public IPv4 address per hour`
        return { service: 'AmazonVPC', family: 'VpcPublicIPv4Address', attributes, unit: 'Hrs', nanos: 5_000_000, what }
      })
    : []
  return [...instances, ...volumes, ...addresses]
}

/** USE1, EUC1, APS3: not quite AWS' own in every region, where history had its way. */
function usagePrefix(region: string): string {
  const [area = '', side = '', number = ''] = region.split('-')
  const short = side.replace(/north|south|east|west|central/g, word => word.charAt(0))
  return `${area}${short}${number}`.toUpperCase()
}

function published({ service, family, attributes, unit, nanos, what }: Product): string {
  const sku = idFrom('sku', family, JSON.stringify(attributes)).slice('sku-0'.length).toUpperCase()
  const term = `${sku}.JRTCKXETXF`
  const dollars = `${Math.floor(nanos / 1e9)}.${String(nanos % 1e9).padStart(9, '0')}0`
  const dimension = {
    unit,
    endRange: 'Inf',
    description: `$${dollars.replace(/0+$/, '')} ${what}`,
    appliesTo: [],
    rateCode: `${term}.6YS6EN2CT7`,
    beginRange: '0',
    pricePerUnit: { USD: dollars },
  }
  const onDemand = {
    priceDimensions: { [`${term}.6YS6EN2CT7`]: dimension },
    sku,
    effectiveDate: '2026-11-01T00:00:00Z',
    offerTermCode: 'JRTCKXETXF',
    termAttributes: {},
  }
  return JSON.stringify({
    product: { productFamily: family, attributes, sku },
    serviceCode: service,
    terms: { OnDemand: { [term]: onDemand } },
    version: '20261118190355',
    publicationDate: '2026-11-18T19:03:55Z',
  })
}
