"""A trained generator in other forms: an ONNX file, a folder for the Hugging Face Hub, a page that draws faces."""
