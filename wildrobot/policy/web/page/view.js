// The robot as three.js draws it: the geoms of the model that are for looks, on a checkered floor. z is up.

import * as three from "./vendor/three.js";

const SHOWN_GROUPS = 3; // groups 0 to 2; 3 holds what collides
const TILE_M = 0.25;
const FLOOR_M = 40;

export class View {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import("./simulation.js").Simulation} simulation
   */
  constructor(canvas, simulation) {
    this.simulation = simulation;
    this.renderer = new three.WebGLRenderer({ canvas, antialias: true });
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = three.PCFShadowMap;
    this.scene = new three.Scene();
    this.camera = new three.PerspectiveCamera(32, 1, 0.05, 60);
    this.camera.up.set(0, 0, 1);
    this.controls = new three.OrbitControls(this.camera, canvas);
    this.controls.enablePan = false;
    this.controls.minDistance = 0.5;
    this.controls.maxDistance = 6;
    this.controls.maxPolarAngle = 0.52 * Math.PI;
    this.#light();
    this.bodies = bodies(simulation.mujoco, simulation.model);
    this.floor = floor();
    this.arrow = new three.ArrowHelper(new three.Vector3(1, 0, 0), undefined, 0.3, 0xff5a1f, 0.08, 0.05);
    this.scene.add(this.floor, this.arrow, ...this.bodies.filter(Boolean));
    this.restart();
    new ResizeObserver(() => this.#resize(canvas)).observe(canvas);
    this.#resize(canvas);
  }

  /** Looks at the robot from the front and the right, as after the page was loaded. */
  restart() {
    this.controls.target.copy(this.#centre());
    this.camera.position.copy(this.controls.target).add(new three.Vector3(1.35, -1.1, 0.35));
    this.stale = true;
  }

  /** Whether the picture of a robot that does not move must be drawn anew; a phone's battery is spared where not. */
  get changed() {
    return this.controls.update() || this.stale;
  }

  /** @param {number[]} force on the pushed body now [N], world frame */
  draw(force) {
    const { data, described } = this.simulation;
    this.bodies.forEach((group, body) => {
      if (!group) return;
      group.position.fromArray(data.xpos, 3 * body);
      const [w, x, y, z] = data.xquat.subarray(4 * body, 4 * body + 4);
      group.quaternion.set(x, y, z, w);
    });
    this.arrow.visible = force.some((part) => part);
    if (this.arrow.visible) {
      const direction = new three.Vector3(...force).normalize();
      this.arrow.setDirection(direction);
      this.arrow.position.fromArray(data.xpos, 3 * described.pushed_body).addScaledVector(direction, -0.42);
    }
    this.#follow();
    this.stale = false;
    this.renderer.render(this.scene, this.camera);
  }

  #follow() {
    const moved = this.#centre().sub(this.controls.target);
    if (!Number.isFinite(moved.lengthSq())) return; // a robot that diverged
    this.controls.target.add(moved);
    this.camera.position.add(moved);
    this.sun.position.add(moved);
    this.sun.target.position.add(moved);
    // The floor is endless: it goes along by whole pairs of tiles.
    for (const axis of ["x", "y"]) {
      this.floor.position[axis] = 2 * TILE_M * Math.round(this.controls.target[axis] / (2 * TILE_M));
    }
    this.controls.update();
  }

  /** Above the base's place on the floor, whatever its height: the camera does not bounce. */
  #centre() {
    const [x, y] = this.simulation.data.qpos;
    return new three.Vector3(x, y, 0.36);
  }

  #light() {
    const sky = 0xc9d8e6;
    this.scene.background = new three.Color(sky);
    this.scene.fog = new three.Fog(sky, 4, 16);
    this.scene.add(new three.HemisphereLight(0xffffff, 0x9aa0a8, 2.2));
    this.sun = new three.DirectionalLight(0xffffff, 2.4);
    this.sun.position.copy(this.#centre()).add(new three.Vector3(1, -0.9, 2.2));
    this.sun.target.position.copy(this.#centre());
    this.sun.castShadow = true;
    this.sun.shadow.mapSize.set(1024, 1024);
    this.sun.shadow.radius = 3;
    const frustum = { left: -0.7, right: 0.7, top: 0.7, bottom: -0.7, near: 0.5, far: 5 };
    Object.assign(this.sun.shadow.camera, frustum);
    this.scene.add(this.sun, this.sun.target);
  }

  #resize(canvas) {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width || !height) return;
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    // Also a narrow window shows the whole robot.
    this.camera.fov = width < height ? 32 + 10 * (1 - width / height) : 32;
    this.camera.updateProjectionMatrix();
    this.stale = true;
  }
}

/** A group for each body that has something to show; the world's own geoms are left out. */
function bodies(mujoco, model) {
  const groups = Array(model.nbody).fill(null);
  const materials = new Map();
  for (let geom = 0; geom < model.ngeom; geom++) {
    const body = model.geom_bodyid[geom];
    const shape = body && model.geom_group[geom] < SHOWN_GROUPS ? geometry(mujoco, model, geom) : null;
    if (!shape) continue;
    const mesh = new three.Mesh(shape, material(model, geom, materials));
    mesh.position.fromArray(model.geom_pos, 3 * geom);
    const [w, x, y, z] = model.geom_quat.subarray(4 * geom, 4 * geom + 4);
    mesh.quaternion.set(x, y, z, w);
    mesh.castShadow = mesh.receiveShadow = true;
    groups[body] ??= new three.Group();
    groups[body].add(mesh);
  }
  return groups;
}

function geometry(mujoco, model, geom) {
  const [a, b, c] = model.geom_size.subarray(3 * geom, 3 * geom + 3);
  const type = mujoco.mjtGeom;
  // three's own axis is y, MuJoCo's is z.
  switch (model.geom_type[geom]) {
    case type.mjGEOM_BOX.value:
      return new three.BoxGeometry(2 * a, 2 * b, 2 * c);
    case type.mjGEOM_SPHERE.value:
      return new three.SphereGeometry(a, 24, 16);
    case type.mjGEOM_ELLIPSOID.value:
      return new three.SphereGeometry(1, 24, 16).scale(a, b, c);
    case type.mjGEOM_CAPSULE.value:
      return new three.CapsuleGeometry(a, 2 * b, 8, 20).rotateX(Math.PI / 2);
    case type.mjGEOM_CYLINDER.value:
      return new three.CylinderGeometry(a, a, 2 * b, 28).rotateX(Math.PI / 2);
    default:
      return null;
  }
}

function material(model, geom, made) {
  const id = model.geom_matid[geom];
  const from = id < 0 ? model.geom_rgba.subarray(4 * geom) : model.mat_rgba.subarray(4 * id);
  const [red, green, blue, alpha] = from;
  const key = `${red} ${green} ${blue} ${alpha} ${id}`;
  if (!made.has(key)) {
    const color = new three.Color().setRGB(red, green, blue, three.SRGBColorSpace);
    const glow = id < 0 ? 0 : model.mat_emission[id];
    const roughness = id < 0 ? 0.6 : 1 - 0.6 * model.mat_shininess[id];
    const look = { color, roughness, metalness: 0.05, emissive: color, emissiveIntensity: glow };
    made.set(key, new three.MeshStandardMaterial({ ...look, transparent: alpha < 1, opacity: alpha }));
  }
  return made.get(key);
}

function floor() {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 128;
  const pen = tile.getContext("2d");
  pen.fillStyle = "#9ea9b3";
  pen.fillRect(0, 0, 128, 128);
  pen.fillStyle = "#87919c";
  pen.fillRect(0, 0, 64, 64);
  pen.fillRect(64, 64, 64, 64);
  const texture = new three.CanvasTexture(tile);
  texture.colorSpace = three.SRGBColorSpace;
  texture.wrapS = texture.wrapT = three.RepeatWrapping;
  texture.repeat.setScalar(FLOOR_M / (2 * TILE_M));
  texture.anisotropy = 8;
  const mesh = new three.Mesh(
    new three.PlaneGeometry(FLOOR_M, FLOOR_M),
    new three.MeshStandardMaterial({ map: texture, roughness: 0.9 }),
  );
  mesh.receiveShadow = true;
  return mesh;
}
