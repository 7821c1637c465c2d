"""Train small models and watch: curves that grow, and the gradient of each layer."""

import threading

import ipywidgets as widgets
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vaelib.backend import keras
from vaelib.data.images import ImageSet
from vaelib.formatting import fixed
from vaelib.models import activations
from vaelib.models.vae import VAE
from vaelib.reporting import plots
from vaelib.reporting.widgets.pictures import show
from vaelib.reporting.widgets.training import by_layer
from vaelib.training.probes import GradientProbe

_HIDDEN_UNITS = (64, 32)
_LATENT_DIM = 8
_WRAPPED = widgets.Layout(flex_flow="row wrap")
_PROBED = 128  # images


class LiveTraining:
    """Controls that train a small model, with the curves of all that were trained.

    What if another activation, rate or start were taken? Change one and start again: the
    curves stay beside each other. Training runs in a thread of its own, so that the stop
    button works.

    Parameters
    ----------
    images : ImageSet
    epochs : int
        At most.

    Attributes
    ----------
    widget : ipywidgets.Widget
    activation, rate, initializer, start, stop, clear : ipywidgets.Widget
        The controls.
    history : pandas.DataFrame
        ``run``, a label; ``epoch``; ``val_loss``.
    """

    def __init__(self, images: ImageSet, epochs: int = 20):
        self._images, self._epochs = images, epochs
        self.history = pd.DataFrame({"run": [], "epoch": [], "val_loss": []})
        self._labels: list[str] = []
        self._thread: threading.Thread | None = None
        self._model: VAE | None = None
        self.activation = widgets.Dropdown(
            options=sorted(activations.names()), value="relu", description="activation"
        )
        self.rate = widgets.FloatLogSlider(
            1e-3, base=10, min=-4, max=-1, step=0.25, description="rate", readout_format=".2g"
        )
        self.initializer = widgets.Dropdown(
            options=activations.INITIALIZERS, description="initializer"
        )
        self.start = widgets.Button(description="start", button_style="primary")
        self.stop = widgets.Button(description="stop", disabled=True)
        self.clear = widgets.Button(description="clear")
        self._status, self._curves, self._layers = (widgets.HTML() for _ in range(3))
        self.start.on_click(lambda _: self.begin())
        self.stop.on_click(lambda _: self._end())
        self.clear.on_click(lambda _: self._forget())
        self.widget = widgets.VBox(
            [
                widgets.HBox([self.activation, self.rate, self.initializer]),
                widgets.HBox([self.start, self.stop, self.clear, self._status]),
                widgets.HBox([self._curves, self._layers], layout=_WRAPPED),
            ]
        )

    def begin(self) -> None:
        """Start training with the controls as they are, unless a model is being trained."""
        if self._thread is not None and self._thread.is_alive():
            return
        self.start.disabled, self.stop.disabled = True, False
        self._thread = threading.Thread(target=self._train, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until the model that is being trained, if any, has ended."""
        if self._thread is not None:
            self._thread.join()

    def _train(self) -> None:
        label = f"{self.activation.value}, {self.rate.value:.2g}, {self.initializer.value}"
        self._labels.append(label)
        if self._labels.count(label) > 1:
            label += f" ({self._labels.count(label)})"
        self._status.value = "compiling"
        try:
            self._model = VAE(
                self._images.shape,
                activation=self.activation.value,
                hidden_units=_HIDDEN_UNITS,
                latent_dim=_LATENT_DIM,
                likelihood="bernoulli" if self._images.shape[-1] == 1 else "gaussian",
                initializer=self.initializer.value,
                seed=0,
            )
            self._model.compile(optimizer=keras.optimizers.Adam(self.rate.value))
            probe = GradientProbe(self._images.train[:_PROBED])
            drawing = keras.callbacks.LambdaCallback(
                on_epoch_end=lambda epoch, logs: self._draw(label, epoch + 1, logs, probe)
            )
            self._model.fit(
                self._images.train,
                epochs=self._epochs,
                validation_data=self._images.validation,
                callbacks=[probe, drawing, keras.callbacks.TerminateOnNaN()],
                verbose=0,
            )
        except Exception as error:  # else it would vanish with the thread
            self._status.value = f"failed: {' '.join(str(error).split())}"
        finally:
            self.start.disabled, self.stop.disabled = False, True

    def _draw(self, label: str, epoch: int, logs: dict, probe: GradientProbe) -> None:
        row = {"run": [label], "epoch": [epoch], "val_loss": [logs["val_loss"]]}
        self.history = pd.concat([self.history, pd.DataFrame(row)], ignore_index=True)
        loss = fixed(logs["val_loss"], 1)
        self._status.value = f"epoch {epoch} of {self._epochs}: validation loss {loss} nats"
        show(self._curves, self._figure(), "Validation loss of each model over epochs.")
        gradients = pd.DataFrame(probe.rows)
        last = gradients[gradients["epoch"] == gradients["epoch"].max()]
        name = self._model.activation
        show(self._layers, by_layer({name: last}), "Gradient of each layer of this model.")

    def _figure(self) -> Figure:
        figure = Figure((4.6, 3))
        ax = figure.subplots()
        for number, (label, rows) in enumerate(self.history.groupby("run", sort=False)):
            name, *_ = label.split(",")
            look = plots.style.style(name) | {"linestyle": plots.style.dashes(number)}
            ax.plot(rows["epoch"], rows["val_loss"], label=label, markersize=4, **look)
        ax.set(xlabel="epoch", ylabel="validation loss (nats)", xlim=(0.5, self._epochs + 0.5))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend(fontsize=7)
        return figure

    def _end(self) -> None:
        if self._model is not None:
            self._model.stop_training = True

    def _forget(self) -> None:
        self.history = self.history[:0]
        self._labels.clear()
        self._curves.value = self._layers.value = self._status.value = ""
