"""Floor 7: `keras.preprocessing.image`."""

from tinynn.keras.utils.images import array_to_img, img_to_array, load_img, save_img

__all__ = ["array_to_img", "img_to_array", "load_img", "save_img"]
