"""Say what a network is: sizes of its layers' outputs, receptive fields, parameters, operations; any module at all."""
