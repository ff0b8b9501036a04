// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Meter} from "./Meter.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {Inference, TimingLib} from "../../contracts/types/Job.sol";
import {Pin} from "../../contracts/types/Run.sol";

/// @notice [SCH-4] an owner that was locked once pays its deliveries in full.
/// @dev {setUp} ends a lock and brings the job to its steady state; see {Meter} for how it is measured.
contract LockMeteringTest is Base, Meter {
    uint32 private constant ROUNDS = 2;

    Inference private _loop;
    Pin private _pin;
    uint256 private _before;

    function setUp() public override {
        super.setUp();
        vm.fee(1);
        vm.txGasPrice(1);
        vm.prank(alice);
        everloop.lock(uint40(_now() + 1));
        skip(2);
        Inference memory job = _inference(address(0x1234567));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 0, 1_024, 0);
        _loop = _request(job, 0);
        for (uint32 i = 0; i < ROUNDS; ++i) {
            _deliver(_loop, "yes");
            skip(INTERVAL);
        }
        _pin = _pinned(ROUNDS);
        _before = everloop.balanceOf(provider);
    }

    function test_SCH4_DeliveryAfterALock() external {
        _check(abi.encodeCall(IInferenceMarket.deliver, (_loop, _pin, "yes")));
    }

    function test_SCH4_BatchAfterALock() external {
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](1);
        answers[0] = IInferenceMarket.Answer(_loop, _pin, "yes");
        _check(abi.encodeCall(IInferenceMarket.deliverBatch, (answers)));
    }

    /// @dev Each look behind the mark costs a slot that is not measured, so the first delivery takes it away.
    function test_SCH4_TheNextDeliveryClearsTheMarkOfALockThatIsOver() external view {
        assertFalse(everloop.accountOf(alice).isLocked());
        assertEq(_slot(_loop).runs(), ROUNDS);
    }

    function _check(bytes memory call_) private {
        (uint256 used,) = _send(provider, address(everloop), call_);
        _compare(everloop.balanceOf(provider) - _before - FEE, used);
    }
}
