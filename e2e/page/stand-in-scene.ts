/** A small arena by hand, in the form a simulator streams it. Node 30 is the robot, node 40 a ball. */
const wood = '0.76 0.6 0.42'

function wall(id: number, at: string, size: string): string {
  return `<Solid id='n${id}' name='wall' translation='${at}'><Shape id='n${id + 1}' castShadows='true'><PBRAppearance id='n${id + 2}' baseColor='${wood}' roughness='0.6' metalness='0'></PBRAppearance><Box id='n${id + 3}' size='${size}'></Box></Shape></Solid>`
}

function box(id: number, at: string, colour: string): string {
  return `<Solid id='n${id}' name='box' translation='${at}' rotation='0 0 1 ${id / 7}'><Shape castShadows='true'><PBRAppearance baseColor='${colour}' roughness='0.5' metalness='0'></PBRAppearance><Box size='0.12 0.12 0.12'></Box></Shape></Solid>`
}

function wheel(id: number, y: number): string {
  return `<Solid id='n${id}' name='wheel' translation='0 ${y} 0.02' rotation='1 0 0 1.5708'><Shape castShadows='true'><PBRAppearance baseColor='0.05 0.05 0.05' roughness='0.8' metalness='0'></PBRAppearance><Cylinder radius='0.02' height='0.01'></Cylinder></Shape></Solid>`
}

export const standInScene = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE X3D PUBLIC "ISO//Web3D//DTD X3D 3.0//EN" "http://www.web3d.org/specifications/x3d-3.0.dtd">
<X3D version="3.0" profile="Immersive"><head><meta name="generator" content="Webots" /></head><Scene>
<WorldInfo id='n1' title='Stand-in' basicTimeStep='32' coordinateSystem='ENU'></WorldInfo>
<Viewpoint id='n2' orientation='-0.35 0.35 0.87 1.72' position='0.01 -1.5 1.45' fieldOfView='0.9'></Viewpoint>
<Background id='n3' skyColor='0.45 0.62 0.86'></Background>
<DirectionalLight id='n4' direction='0.45 0.35 -1' intensity='0.8' castShadows='true'></DirectionalLight>
<Solid id='n10' name='floor' translation='0 0 -0.005'><Shape><PBRAppearance baseColor='0.86 0.86 0.84' roughness='0.9' metalness='0'></PBRAppearance><Box size='1.6 1.2 0.01'></Box></Shape></Solid>
${wall(100, '0 0.6 0.03', '1.62 0.02 0.06')}${wall(110, '0 -0.6 0.03', '1.62 0.02 0.06')}${wall(120, '0.8 0 0.03', '0.02 1.2 0.06')}${wall(130, '-0.8 0 0.03', '0.02 1.2 0.06')}
${box(200, '0.45 0.3 0.06', '0.8 0.22 0.17')}${box(203, '-0.5 0.25 0.06', '0.15 0.42 0.75')}${box(207, '-0.35 -0.35 0.06', '0.9 0.66 0.12')}
<Solid id='n40' name='ball' translation='0.3 -0.25 0.05'><Shape castShadows='true'><PBRAppearance id='n42' baseColor='0.2 0.6 0.3' roughness='0.25' metalness='0'></PBRAppearance><Sphere radius='0.05'></Sphere></Shape></Solid>
<Robot id='n30' name='rover' controller="rover" type='robot' translation='0.25 0 0'>
<Transform translation='0 0 0.03'><Shape castShadows='true'><PBRAppearance baseColor='0.12 0.5 0.24' roughness='0.35' metalness='0.1'></PBRAppearance><Cylinder radius='0.035' height='0.03'></Cylinder></Shape></Transform>
<Transform translation='0.022 0 0.05'><Shape castShadows='true'><PBRAppearance baseColor='0.1 0.1 0.12' roughness='0.3' metalness='0.5'></PBRAppearance><Box size='0.02 0.03 0.012'></Box></Shape></Transform>
${wheel(31, 0.038)}${wheel(32, -0.038)}</Robot>
</Scene></X3D>`
