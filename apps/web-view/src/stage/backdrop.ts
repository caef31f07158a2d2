import {
  BackSide,
  type Box3,
  CircleGeometry,
  Color,
  Fog,
  FogExp2,
  Mesh,
  MeshStandardMaterial,
  PMREMGenerator,
  Scene,
  ShaderMaterial,
  SphereGeometry,
  type Texture,
  Vector3,
  type WebGLRenderer,
} from 'three'
import type { AssetBase } from '../scene/asset-url.js'
import { color, number } from '../scene/attribute.js'
import type { Ambient } from './draft.js'
import { loadSkybox, PAINTED_GROUND, type Skybox, skyPictures } from './skybox.js'

const themes = {
  light: { sky: new Color(0x9db4cc), ground: new Color(0xb9bfc6) },
  dark: { sky: new Color(0x3a4656), ground: new Color(0x2b3038) },
}

/** What lies around a scene with a painted sky, whatever the page's theme. */
const sand = new Color(0xcfd2cf)
/** The sky's share of the light on a surface. */
const SKY_LIGHT = 0.85
const SKY_DISTANCE = 900

/** Sky, ground and the light that comes from them. */
export class Backdrop {
  private readonly sky: Mesh<SphereGeometry, ShaderMaterial>
  private readonly ground: Mesh<CircleGeometry, MeshStandardMaterial>
  private readonly generator: PMREMGenerator
  private environment: Texture | undefined
  private given: Color | undefined
  private painted: Skybox | undefined
  private pictures = ''
  private dark = false
  private stale = false

  constructor(
    private readonly scene: Scene,
    renderer: WebGLRenderer,
    private readonly onChange: () => void,
  ) {
    this.generator = new PMREMGenerator(renderer)
    this.sky = new Mesh(new SphereGeometry(SKY_DISTANCE, 32, 16), skyMaterial())
    this.sky.frustumCulled = false
    this.ground = new Mesh(new CircleGeometry(1, 96), groundMaterial())
    this.ground.rotation.x = -Math.PI / 2
    this.ground.receiveShadow = true
    this.ground.visible = false
    scene.add(this.sky, this.ground)
    this.paint()
  }

  /** Relative addresses of pictures are resolved against `base`. */
  applyBackground(element: Element, base: AssetBase): void {
    const sky = color(element, 'skyColor', [0, 0, 0])
    const luminosity = number(element, 'luminosity', 1)
    // A black sky is what an absent colour looks like: the theme's own is kinder.
    this.given = sky.r + sky.g + sky.b < 0.03 ? undefined : sky
    this.scene.environmentIntensity = SKY_LIGHT * luminosity
    this.loadPictures(skyPictures(element, base))
    this.paint()
  }

  applyFog(element: Element): void {
    const range = number(element, 'visibilityRange', 0)
    const tint = color(element, 'color', [1, 1, 1])
    if (range <= 0) this.scene.fog = null
    else if (element.getAttribute('fogType') === 'EXPONENTIAL') this.scene.fog = new FogExp2(tint.getHex(), 2 / range)
    else this.scene.fog = new Fog(tint.getHex(), 0, range)
  }

  /** Before a picture: the sky is around the eye. */
  place(eye: Vector3): void {
    this.sky.position.copy(eye)
    this.painted?.object.position.copy(eye)
  }

  /** Before a picture with reflections. The light of the sky is costly, so several changes share one computation. */
  light(): void {
    if (this.stale) this.lightFromSky()
    this.stale = false
  }

  /** The light of the sky in two colours. */
  ambient(): Ambient {
    const strength = this.scene.environmentIntensity
    const { top, horizon, ground } = this.studioColors()
    if (this.painted) {
      const sky = this.painted.mean.clone()
      return { above: sky.multiplyScalar(strength), below: PAINTED_GROUND.clone().multiplyScalar(strength) }
    }
    return {
      above: top.lerp(horizon, 0.5).multiplyScalar(strength),
      below: horizon.lerp(ground, 0.6).multiplyScalar(strength),
    }
  }

  /** What the page shows before there is a scene. */
  get horizon(): Color {
    return this.sky.material.uniforms.horizon!.value as Color
  }

  /** A wide ground just under the scene, so that an arena does not float. */
  placeGround(bounds: Box3): void {
    this.ground.visible = !bounds.isEmpty()
    if (bounds.isEmpty()) return
    const size = bounds.getSize(new Vector3())
    const width = Math.max(size.x, size.z)
    const centre = bounds.getCenter(new Vector3())
    this.ground.position.set(centre.x, bounds.min.y - Math.max(width * 0.002, 0.001), centre.z)
    this.ground.scale.setScalar(Math.max(width * 3, 4))
    this.ground.visible = width < 100
  }

  setTheme(dark: boolean): void {
    this.dark = dark
    this.paint()
  }

  reset(): void {
    this.given = undefined
    this.loadPictures(undefined)
    this.scene.fog = null
    this.scene.environmentIntensity = SKY_LIGHT
    this.ground.visible = false
    this.paint()
  }

  dispose(): void {
    this.loadPictures(undefined)
    this.environment?.dispose()
    this.generator.dispose()
    this.sky.geometry.dispose()
    this.ground.geometry.dispose()
  }

  private paint(): void {
    const theme = this.dark ? themes.dark : themes.light
    const top = (this.given ?? theme.sky).clone()
    const horizon = top.clone().lerp(new Color(1, 1, 1), this.dark ? 0.06 : 0.55)
    const { uniforms } = this.sky.material
    uniforms.top!.value = top
    uniforms.horizon!.value = horizon
    uniforms.ground!.value = theme.ground
    this.sky.visible = !this.painted
    this.ground.material.color.copy(this.painted ? sand : theme.ground)
    this.stale = true
    this.onChange()
  }

  /** The gradient stays until all six pictures are there, and when one is missing. */
  private loadPictures(pictures: readonly string[] | undefined): void {
    const wanted = pictures?.join(' ') ?? ''
    if (wanted === this.pictures) return
    this.pictures = wanted
    this.painted?.dispose()
    this.painted = undefined
    if (!pictures) return
    loadSkybox(pictures).then(
      (skybox) => {
        if (this.pictures !== wanted) {
          skybox.dispose()
          return
        }
        this.painted = skybox
        skybox.object.scale.setScalar(SKY_DISTANCE)
        this.scene.add(skybox.object)
        this.paint()
      },
      // The browser's console names the address.
      () => undefined,
    )
  }

  /** Brighter than the sky that one sees. */
  private studioColors(): { top: Color; horizon: Color; ground: Color } {
    const { top, horizon } = this.sky.material.uniforms
    const white = new Color(1, 1, 1)
    return {
      top: (top!.value as Color).clone().lerp(white, 0.5),
      horizon: (horizon!.value as Color).clone().lerp(white, 0.7),
      ground: new Color(0.35, 0.35, 0.36),
    }
  }

  /** Reflections and soft light: the painted sky, or a bright one of the same hue whatever the page's theme. */
  private lightFromSky(): void {
    const studio = new Scene()
    const dome = new Mesh(new SphereGeometry(10, 24, 12), skyMaterial())
    if (this.painted) {
      studio.add(this.painted.warmCopy(10))
    } else {
      const { top, horizon, ground } = this.studioColors()
      dome.material.uniforms.top!.value = top
      dome.material.uniforms.horizon!.value = horizon
      dome.material.uniforms.ground!.value = ground
      studio.add(dome)
    }
    this.environment?.dispose()
    // A gradient has no detail that a larger picture could show.
    const size = this.painted ? 128 : 64
    this.environment = this.generator.fromScene(studio, 0.02, 0.1, 50, { size }).texture
    this.scene.environment = this.environment
    dome.geometry.dispose()
    dome.material.dispose()
  }
}

function skyMaterial(): ShaderMaterial {
  return new ShaderMaterial({
    side: BackSide,
    depthWrite: false,
    fog: false,
    toneMapped: false,
    uniforms: { top: { value: new Color() }, horizon: { value: new Color() }, ground: { value: new Color() } },
    vertexShader:
      'varying vec3 way; void main() { way = position; gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }',
    fragmentShader: `varying vec3 way; uniform vec3 top; uniform vec3 horizon; uniform vec3 ground;
      void main() {
        float h = normalize(way).y;
        vec3 sky = mix(horizon, top, pow(clamp(h, 0.0, 1.0), 0.6));
        gl_FragColor = vec4(mix(sky, mix(horizon, ground, 0.6), smoothstep(0.0, -0.25, h)), 1.0);
        #include <colorspace_fragment>
      }`,
  })
}

/** Fades into the sky towards its rim. */
function groundMaterial(): MeshStandardMaterial {
  const material = new MeshStandardMaterial({ roughness: 1, metalness: 0, transparent: true, envMapIntensity: 0.6 })
  material.depthWrite = false
  material.onBeforeCompile = (shader) => {
    shader.vertexShader = shader.vertexShader
      .replace('#include <common>', '#include <common>\nvarying vec2 onDisc;')
      .replace('#include <begin_vertex>', '#include <begin_vertex>\nonDisc = position.xy;')
    shader.fragmentShader = shader.fragmentShader
      .replace('#include <common>', '#include <common>\nvarying vec2 onDisc;')
      .replace(
        '#include <opaque_fragment>',
        '#include <opaque_fragment>\ngl_FragColor.a *= 1.0 - smoothstep(0.2, 0.9, length(onDisc));',
      )
  }
  return material
}
