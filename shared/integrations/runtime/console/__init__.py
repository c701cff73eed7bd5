"""The console: a plant in the browser, fed by one subscription of the bus."""
