import {
  Color,
  DataTexture,
  DirectionalLight,
  Light,
  Mesh,
  type MeshStandardMaterial,
  type Object3D,
  type Scene,
  ShaderMaterial,
  UniformsLib,
  UniformsUtils,
  Vector3,
} from 'three'

const LIGHTS = 3

/** What lights a surface from all around: a colour from above and one from below, linear. */
export interface Ambient {
  readonly above: Color
  readonly below: Color
}

/**
 * One small shader for everything. It draws the first pictures of a scene while the full materials are being compiled, and
 * all pictures on machines that are too slow for those: same colours and pictures, light from the same directions, but
 * neither shadows nor reflections.
 */
export class Draft {
  private readonly white = whitePixel()
  private readonly made = new Map<MeshStandardMaterial, ShaderMaterial>()
  private readonly shared = {
    lightWay: { value: Array.from({ length: LIGHTS }, () => new Vector3()) },
    lightColor: { value: Array.from({ length: LIGHTS }, () => new Color(0)) },
    above: { value: new Color() },
    below: { value: new Color() },
  }

  /** Draws with the small shader; afterwards every mesh has its own material again. */
  draw(scene: Scene, ambient: Ambient, render: () => void): void {
    this.light(scene, ambient)
    const swapped: [Mesh, MeshStandardMaterial][] = []
    scene.traverseVisible((one) => {
      const full = fullMaterial(one)
      if (!full) return
      swapped.push([one as Mesh, full])
      ;(one as Mesh).material = this.of(full)
    })
    try {
      render()
    } finally {
      for (const [mesh, full] of swapped) mesh.material = full
    }
  }

  /** Materials that are not there any more. */
  forget(): void {
    for (const material of this.made.values()) material.dispose()
    this.made.clear()
  }

  dispose(): void {
    this.forget()
    this.white.dispose()
  }

  private of(full: MeshStandardMaterial): ShaderMaterial {
    let draft = this.made.get(full)
    if (!draft) {
      draft = draftMaterial(this.shared, this.white)
      this.made.set(full, draft)
      full.addEventListener('dispose', () => {
        draft?.dispose()
        this.made.delete(full)
      })
    }
    const { uniforms } = draft
    ;(uniforms.tint!.value as Color).copy(full.color)
    ;(uniforms.glow!.value as Color).copy(full.emissive).multiplyScalar(full.emissiveMap ? 0 : full.emissiveIntensity)
    uniforms.fade!.value = full.opacity
    uniforms.cut!.value = full.alphaTest
    uniforms.picture!.value = full.map ?? this.white
    if (full.map) {
      full.map.updateMatrix()
      uniforms.pictureMatrix!.value = full.map.matrix
    }
    draft.vertexColors = full.vertexColors
    draft.side = full.side
    draft.transparent = full.transparent
    draft.depthWrite = full.depthWrite
    return draft
  }

  private light(scene: Scene, ambient: Ambient): void {
    const { lightWay, lightColor, above, below } = this.shared
    above.value.copy(ambient.above)
    below.value.copy(ambient.below)
    for (const color of lightColor.value) color.set(0)
    let at = 0
    scene.traverseVisible((one) => {
      if (!(one instanceof Light)) return
      if (one instanceof DirectionalLight && at < LIGHTS) {
        const way = lightWay.value[at]!
        way.setFromMatrixPosition(one.matrixWorld)
        way.sub(new Vector3().setFromMatrixPosition(one.target.matrixWorld)).normalize()
        lightColor.value[at]!.copy(one.color).multiplyScalar(one.intensity / Math.PI)
        at++
      }
    })
  }
}

function fullMaterial(object: Object3D): MeshStandardMaterial | undefined {
  if (!(object instanceof Mesh)) return undefined
  const material = object.material as MeshStandardMaterial
  return material.isMeshStandardMaterial && object.userData.ownLook !== true ? material : undefined
}

function whitePixel(): DataTexture {
  const texture = new DataTexture(new Uint8Array([255, 255, 255, 255]), 1, 1)
  texture.needsUpdate = true
  return texture
}

function draftMaterial(shared: Draft['shared'], white: DataTexture): ShaderMaterial {
  const material = new ShaderMaterial({
    fog: true,
    uniforms: {
      ...UniformsUtils.clone(UniformsLib.fog),
      tint: { value: new Color() },
      glow: { value: new Color() },
      fade: { value: 1 },
      cut: { value: 0 },
      picture: { value: white },
      pictureMatrix: { value: white.matrix },
    },
    vertexShader: `
      #include <fog_pars_vertex>
      uniform mat3 pictureMatrix;
      varying vec3 away;
      varying vec2 at;
      varying vec3 paintOfPoint;
      void main() {
        paintOfPoint = vec3(1.0);
        #ifdef USE_COLOR
          paintOfPoint = color;
        #endif
        vec4 place = vec4(position, 1.0);
        vec3 turned = normal;
        #ifdef USE_INSTANCING
          place = instanceMatrix * place;
          turned = mat3(instanceMatrix) * turned;
        #endif
        away = mat3(modelMatrix) * turned;
        at = (pictureMatrix * vec3(uv, 1.0)).xy;
        vec4 mvPosition = modelViewMatrix * place;
        gl_Position = projectionMatrix * mvPosition;
        #include <fog_vertex>
      }`,
    fragmentShader: `
      #include <fog_pars_fragment>
      uniform vec3 tint; uniform vec3 glow; uniform float fade; uniform float cut;
      uniform sampler2D picture;
      uniform vec3 lightWay[${LIGHTS}]; uniform vec3 lightColor[${LIGHTS}];
      uniform vec3 above; uniform vec3 below;
      varying vec3 away;
      varying vec2 at;
      varying vec3 paintOfPoint;
      void main() {
        vec4 paint = texture2D(picture, at) * vec4(paintOfPoint, 1.0);
        if (paint.a < cut) discard;
        vec3 n = normalize(away) * (gl_FrontFacing ? 1.0 : -1.0);
        vec3 light = mix(below, above, n.y * 0.5 + 0.5);
        for (int i = 0; i < ${LIGHTS}; i++) light += lightColor[i] * max(dot(n, lightWay[i]), 0.0);
        gl_FragColor = vec4(paint.rgb * tint * light + glow, paint.a * fade);
        #include <tonemapping_fragment>
        #include <colorspace_fragment>
        #include <fog_fragment>
      }`,
  })
  Object.assign(material.uniforms, shared)
  return material
}
