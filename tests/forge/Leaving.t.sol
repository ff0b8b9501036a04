// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Meter} from "./Meter.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {Inference, TimingLib} from "../../contracts/types/Job.sol";
import {Offer} from "../../contracts/types/Offer.sol";

/// @notice What it costs to be rid of a job whose target burns all the gas that it gets.
contract LeavingTest is Base, Meter {
    /// Most gas that a target gets when it learns of a miss.
    uint256 private constant MISS_GAS = 300_000;
    /// Most gas of a transaction (EIP-7825).
    uint256 private constant TRANSACTION = 1 << 24;
    /// The largest callback that an offer may allow.
    uint24 private constant LARGEST = 16_000_000;

    Inference private _due;
    Inference private _later;

    function setUp() public override {
        super.setUp();
        Offer memory terms = _terms();
        terms.maxCallbackGas = LARGEST;
        vm.prank(provider, provider);
        registry.offer(MODEL, terms);
        Puppet hog = new Puppet();
        hog.setEnd(Puppet.Mode.Burn, 0);
        Inference memory job = _inference(address(hog));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, LARGEST, 1_024, 0);
        _due = _request(job, 0);
        job.salt = "later";
        _later = _request(job, _now() + 1 days);
    }

    /// @dev Booking it cost its client a sixth of that.
    function test_INF1_LeavingAHostileJobTakesAtMost300kGasOfItsTarget() external {
        _expectCheap(abi.encodeCall(IInferenceMarket.resign, (_later)));
        assertTrue(_slot(_later).isResigned());
        assertEq(_open(provider), 1);
    }

    function test_INF1_HandingAHostileRunBackTakesAtMost300kGasOfItsTarget() external {
        _expectCheap(abi.encodeCall(IInferenceMarket.decline, (_due, 0)));
        assertEq(_slot(_due).runs(), 1);
        assertEq(everloop.accountOf(provider).declined(), 1);
    }

    /// @dev Whoever ends it, and by its largest callback too: the stake behind it comes free within one transaction.
    function test_REG2_EveryEndOfTheLargestRecordFitsATransaction() external {
        _expectFits(provider, abi.encodeCall(IInferenceMarket.deliver, (_due, _pinned(0), "yes")));
        _expectFits(provider, abi.encodeCall(IInferenceMarket.decline, (_due, 0)));
        _expectFits(provider, abi.encodeCall(IInferenceMarket.resign, (_later)));
        skip(WINDOW);
        _expectFits(keeper, abi.encodeCall(IInferenceMarket.expire, (_due)));
    }

    function _expectCheap(bytes memory call_) private {
        (uint256 used,) = _send(provider, address(everloop), call_);
        assertGe(used, MISS_GAS, "the target got its gas");
        assertLe(used, MISS_GAS + 80_000, "and no more of it");
    }

    function _expectFits(address caller, bytes memory call_) private {
        uint256 snapshot = vm.snapshotState();
        uint256 gas_ = TRANSACTION - 21_000 - _probe.callDataGas(call_);
        vm.prank(caller, caller);
        (bool ok,) = address(everloop).call{gas: gas_}(call_);
        assertTrue(ok, "within 2^24 gas");
        vm.revertToState(snapshot);
    }
}
