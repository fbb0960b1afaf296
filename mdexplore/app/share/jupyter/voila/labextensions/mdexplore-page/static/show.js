// Draws the app once the kernel has told of all its widgets, however long that takes.
// A cell's output would be given up where the kernel answers about two seconds after the output was met: the renderer of
// jupyterlab_widgets 3.0.17 looks for a model for so long, looks away for the last tenth of a second, and then takes it for lost.
(() => {
  const activate = (app) => {
    app.widgetManagerPromise.promise.then((manager) => {
      let begun = false;
      const draw = async () => {
        const host = document.getElementById("mdx-root");
        if (begun || !host || !manager.restoredStatus) return;
        begun = true;
        try {
          const view = await manager.create_view(await manager.get_model(host.dataset.model));
          view.luminoWidget.constructor.attach(view.luminoWidget, host);
        } catch (error) {
          begun = false;   // the next connection tries again
          console.error(error);
        }
      };
      manager.restored.connect(draw);
      draw();
    });
  };
  const plugin = { id: "mdexplore-page:show", autoStart: true, activate };
  (window._JUPYTERLAB ??= {})["mdexplore-page"] = { init: () => {}, get: async () => () => ({ __esModule: true, default: plugin }) };
})();
