"""A kernel, started and asked as Jupyter's clients do."""

from importlib.metadata import EntryPoint

from jupyter_client.manager import KernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from equity_lib.batch import kernels


def registered():
    known = KernelProvisionerFactory.instance().provisioners
    entry = EntryPoint(kernels.PROVISIONER, kernels._HOME, KernelProvisionerFactory.GROUP_NAME)
    known.setdefault(kernels.PROVISIONER, entry)


class Kernel:
    """A kernel with its manager and a client, used as `with Kernel() as kernel`."""

    def __init__(self, folder, name="equity", **settings):
        registered()
        self.manager = KernelManager(kernel_name=name, kernel_spec_manager=kernels.OwnSpecs())
        for name, value in settings.items():
            self.manager.config.EquityProvisioner[name] = value
        self.folder = folder

    def __enter__(self):
        self.manager.start_kernel(cwd=str(self.folder))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(60)
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=True)

    def run(self, source, timeout=60):
        """What a cell printed; the reply if it failed."""
        said = []

        def take(message):
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                said.append(message["content"]["text"])

        reply = self.client.execute_interactive(source, timeout=timeout, output_hook=take)["content"]
        return "".join(said).strip() if reply["status"] == "ok" else reply

    @property
    def provisioner(self):
        return self.manager.provisioner
