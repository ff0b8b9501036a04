// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Meter} from "./Meter.sol";
import {OrderBase} from "./OrderBase.sol";
import {DataFeeModule} from "./mocks/DataFeeModule.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {ISignedOrders} from "../../contracts/interfaces/ISignedOrders.sol";
import {Inference, PricingLib, Task, TimingLib} from "../../contracts/types/Job.sol";
import {Pin} from "../../contracts/types/Run.sol";

/// @notice [SCH-4] charged gas is within 0 .. +5 % of the gas used, also where a fee's share or a data fee is reckoned.
/// @dev {setUp} brings every account and slot to its steady state; see {Meter} for how it is measured.
abstract contract FeeMetering is OrderBase, Meter {
    uint32 private constant ROUNDS = 2;

    Inference private _loop;
    Task private _timed;
    Pin private _pin;
    uint256 private _providerBefore;
    uint256 private _keeperBefore;

    function setUp() public override {
        super.setUp();
        (address module, uint256 bps, address receiver) = _engine();
        _deployEngine(0, module, bps, receiver);
        _orders = ISignedOrders(everloop.ORDERS());
        _addProvider(provider, STAKE);
        _deposit(alice, 10 ether);
        _deposit(keeper, 1);
        vm.fee(1);
        vm.txGasPrice(1);
        _book();
        _bring(provider, _plain(1));
        for (uint256 i = 0; i < ROUNDS; ++i) {
            _deliver(_loop, "yes");
            _execute(_timed);
            skip(INTERVAL);
        }
        _pin = _pinned(ROUNDS);
        _providerBefore = everloop.balanceOf(provider);
        _keeperBefore = everloop.balanceOf(keeper);
    }

    function test_SCH4_Execution() external {
        (uint256 used,) = _send(keeper, address(everloop), abi.encodeCall(IScheduler.execute, (_timed)));
        _compare(everloop.balanceOf(keeper) - _keeperBefore, used);
    }

    function test_SCH4_Delivery() external {
        _asProvider(address(everloop), abi.encodeCall(IInferenceMarket.deliver, (_loop, _pin, "yes")), FEE);
    }

    function test_SCH4_Batch() external {
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](1);
        answers[0] = IInferenceMarket.Answer(_loop, _pin, "yes");
        _asProvider(address(everloop), abi.encodeCall(IInferenceMarket.deliverBatch, (answers)), FEE);
    }

    function test_SCH4_SignedInference() external {
        _asProvider(address(_orders), _callOf(_plain(2)), AMOUNT);
    }

    function test_SCH4_Expiry() external {
        skip(WINDOW);
        (uint256 used,) = _send(keeper, address(everloop), abi.encodeCall(IInferenceMarket.expire, (_loop)));
        _compare(everloop.balanceOf(keeper) - _keeperBefore - 0.001 ether, used);
    }

    function _engine() internal virtual returns (address module, uint256 bps, address receiver);

    function _asProvider(address to, bytes memory call_, uint256 fee) private {
        (uint256 used,) = _send(provider, to, call_);
        (uint256 bps,) = everloop.protocolFee();
        _compare(everloop.balanceOf(provider) - _providerBefore - (fee - fee * bps / 10_000), used);
    }

    function _book() private {
        Inference memory job = _inference(address(0x1234567));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 0, 1_024, 0);
        job.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 1_000, AMOUNT);
        _loop = _request(job, 0);
        Task memory task = _task(address(0x1234567));
        task.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 1_000, 0);
        _timed = _schedule(task, 0);
    }

    function _plain(uint256 nonce) private returns (Ask memory ask) {
        ask = _ask(nonce);
        ask.job.target = address(0x1234567);
        ask.job.timing = TimingLib.pack(0, 0, 0, 0, 1_024, 0);
        ask.job.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 1_000, AMOUNT);
        _sign(ask);
    }
}

/// @notice With a share of every fee.
contract ShareMeteringTest is FeeMetering {
    function _engine() internal override returns (address, uint256, address) {
        return (address(0), 50, makeAddr("receiver"));
    }
}

/// @notice With a module that charges nothing, and costs some 8,000 gas to ask, as those of rollups do.
contract DataFeeMeteringTest is FeeMetering {
    function _engine() internal override returns (address, uint256, address) {
        DataFeeModule module = new DataFeeModule();
        module.set(DataFeeModule.Mode.PerByte, 0, 20);
        return (address(module), 0, address(0));
    }
}
