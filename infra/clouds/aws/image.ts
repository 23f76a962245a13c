// The image that a machine begins from. Those of NixOS are withdrawn after 90 days, so it is looked up each time, and what
// was found stands in the request. An image by name is taken from known owners only: anybody may publish one of that name.
import { CloudError } from '../error.ts'
import type { Region } from './ask.ts'
import { clean, type Image, images } from './replies.ts'

const nixos = '427812963091'
const debian = '136693071363'

const amazon = 'amazon'
const canonical = '099720109477'

/**
 * In the order in which they are taken. On Debian, NixOS can be put. The last are for servers that are not Amazon's and
 * hold few images: a plain Linux of an owner who is known, on which NixOS can be put all the same.
 */
const wanted: readonly { owner: string; name: (arch: string) => string; instead?: true }[] = [
  { owner: nixos, name: () => 'nixos/26.05*' },
  { owner: nixos, name: () => 'nixos/25.11*' },
  { owner: debian, name: arch => `debian-13-${packaged(arch)}-*` },
  { owner: debian, name: arch => `debian-12-${packaged(arch)}-*` },
  { owner: amazon, name: arch => `al2023-ami-2023*-${arch}`, instead: true },
  { owner: amazon, name: arch => `amzn2-ami-hvm-*-${arch}-*`, instead: true },
  { owner: canonical, name: arch => `ubuntu/images/hvm-ssd*-${packaged(arch)}-server-*`, instead: true },
]

function packaged(arch: string): string {
  return arch === 'x86_64' ? 'amd64' : arch
}

export interface FoundImage {
  id: string
  rootDevice: string
  /** GB that its root disk has at least; 0: it does not say. */
  rootGb: number
  /** For people. */
  says: string
}

export async function findImage(region: Region, asked: string | null, arch: string): Promise<FoundImage> {
  if (asked?.startsWith('ami-')) {
    const [image] = await ask(region, { ImageIds: [asked] })
    if (image) return found(image)
  } else if (asked !== null) {
    const newest = newestOf(await ask(region, search(['self', nixos, debian, 'amazon'], asked, arch)))
    if (newest) return found(newest)
  } else {
    for (const { owner, name, instead } of wanted) {
      const newest = newestOf(await ask(region, search([owner], name(arch), arch)))
      if (newest) return found(newest, instead ? ': neither NixOS nor Debian is there' : '')
    }
  }
  throw new CloudError({
    failure: 'not-found',
    effect: 'none',
    message: `AWS ${region.name} has no image ${asked === null ? `of NixOS, Debian, Amazon Linux or Ubuntu for ${arch}` : `${clean(asked, 200)} for ${arch}`}`,
    remedy: 'Name one of this region in the fleet file (image: ami-…), or choose another region.',
    code: 'InvalidAMIID.NotFound',
  })
}

function search(Owners: string[], name: string, arch: string) {
  return {
    Owners,
    Filters: [
      { Name: 'name', Values: [name] },
      { Name: 'architecture', Values: [arch] },
      { Name: 'state', Values: ['available'] },
    ],
  }
}

async function ask(region: Region, question: { ImageIds?: string[]; Owners?: string[] }): Promise<Image[]> {
  const { Images: told }: { Images?: unknown } = await region.ask('DescribeImages', ({ sdk, client, options }) =>
    client.send(new sdk.DescribeImagesCommand(question), options),
  )
  if (!images.is(told)) throw region.unreadable('DescribeImages', 'it is no list of images')
  return told
}

/** By the time it was made, which EC2 writes so that it sorts as text. */
function newestOf(all: readonly Image[]): Image | null {
  const dated = (image: Image) => image.CreationDate ?? ''
  return all.reduce<Image | null>((best, image) => (best && dated(best) >= dated(image) ? best : image), null)
}

function found(image: Image, why = ''): FoundImage {
  const rootDevice = image.RootDeviceName || '/dev/xvda'
  const root = image.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === rootDevice)
  const about = [clean(image.Name, 200), clean(image.CreationDate?.slice(0, 10), 10)].filter(part => part !== null)
  const says = `${image.ImageId}${about.length > 0 ? ` (${about.join(', ')})` : ''}${why}`
  return { id: image.ImageId, rootDevice, rootGb: root?.Ebs?.VolumeSize ?? 0, says }
}
