"""Where JupyterLab finds the look of this course's cells, `custom/custom.css` beside this file."""

from pathlib import Path

from jupyter_core.paths import jupyter_config_dir

c = get_config()  # type: ignore[name-defined] # noqa: F821 - given by Jupyter, which runs this file

# A folder of the student's own is still served from, after ours. No setting of its own names these folders.
OURS = Path(__file__).with_name("custom")
c.ServerApp.tornado_settings = {"static_custom_path": [str(OURS), str(Path(jupyter_config_dir()) / "custom")]}
c.LabApp.custom_css = True
