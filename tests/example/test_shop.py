from .running import run_cases


class TestShop:
    def test_keeps_its_promises(self, tmp_path):
        run_cases("shop_cases", directory=tmp_path)
