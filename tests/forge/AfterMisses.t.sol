// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {Miss} from "../../contracts/interfaces/IConsumers.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {Inference, TimingLib} from "../../contracts/types/Job.sol";
import {RunReportLib} from "../../contracts/types/Run.sol";

/// @notice What is told of a miss when its target moved on meanwhile, and what a miss leaves of the failures before it.
contract AfterMissesTest is Base {
    uint256 private constant BOUNTY = 0.001 ether;

    Puppet private _client = new Puppet();

    function setUp() public override {
        super.setUp();
        _deposit(address(_client), 10 ether);
        _freeGas();
    }

    function test_AnExpiryTellsTheDueTimeOfTheMove() external {
        Inference memory record = _moving(_now(), _now() + WINDOW + 2 hours);
        skip(WINDOW);
        uint40 due = uint40(_now() + 2 hours);
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceExpired(
            _inferenceId(record),
            provider,
            _bucket(due),
            RunReportLib.pack(0, uint256(Miss.Expired), due, BOUNTY),
            keeper
        );
        vm.prank(keeper, keeper);
        everloop.expire(record);
        assertEq(_open(provider), 0);
        assertEq(_open(rival), 1);
    }

    function test_ADeclineTellsTheDueTimeOfTheMove() external {
        uint40 due = uint40(_now() + 2 hours);
        Inference memory record = _moving(_now(), due);
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceDeclined(
            _inferenceId(record), provider, _bucket(due), RunReportLib.pack(0, uint256(Miss.Declined), due, 0), true
        );
        vm.prank(provider, provider);
        everloop.decline(record, 0);
    }

    function test_AResignationTellsTheDueTimeOfTheMove() external {
        uint40 due = uint40(_now() + 2 hours);
        Inference memory record = _moving(_now() + 50, due);
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceResigned(
            _inferenceId(record), provider, _bucket(due), RunReportLib.pack(0, uint256(Miss.Resigned), due, 0)
        );
        vm.prank(provider, provider);
        everloop.resign(record);
    }

    /// @dev A cancel inside the miss leaves no time to tell.
    function test_AnExpiryTellsThatTheTargetCancelled() external {
        Inference memory record = _request(_job(), 0);
        _client.addStep(address(everloop), abi.encodeCall(IInferenceMarket.cancelInference, (record)));
        skip(WINDOW);
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceExpired(
            _inferenceId(record), provider, 0, RunReportLib.pack(0, uint256(Miss.Expired), 0, BOUNTY), keeper
        );
        vm.prank(keeper, keeper);
        everloop.expire(record);
        assertEq(_reserved(address(_client)), 0);
        assertEq(_open(provider), 0);
    }

    function test_AnExpiryLeavesTheFailuresAsTheyAre() external {
        Inference memory record = _failedOnce(false);
        vm.warp(uint256(_slot(record).due()) + WINDOW);
        _expire(record);
        assertEq(_slot(record).failures(), 1);
        assertEq(_slot(record).due(), _now() + HEARTBEAT, "and waits a heartbeat, not a back-off");
    }

    function test_AResumptionLeavesTheFailuresAsTheyAre() external {
        Inference memory record = _failedOnce(true);
        assertEq(_slot(record).due(), 0, "dormant");
        assertEq(_slot(record).failures(), 1);
        _deposit(address(_client), 10 ether);
        vm.prank(keeper, keeper);
        everloop.resume(record);
        assertEq(_slot(record).failures(), 1);
        assertEq(_slot(record).due(), _now() + INTERVAL);
    }

    function _job() private view returns (Inference memory job) {
        job = _inference(address(_client));
        job.owner = address(_client);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 1_000_000, 1_024, 0);
    }

    /// @dev Booked for `due`; when its target is told of a miss, it books with the rival for `next`.
    function _moving(uint256 due, uint256 next) private returns (Inference memory record) {
        record = _request(_job(), due);
        Inference memory moved = _unpriced(record);
        moved.provider = rival;
        _client.addStep(
            address(everloop), abi.encodeCall(IInferenceMarket.updateInference, (record, moved, "", uint40(next)))
        );
    }

    /// @dev A job whose first answer its target refused, with nothing left for another run if `poor`.
    function _failedOnce(bool poor) private returns (Inference memory record) {
        record = _request(_job(), 0);
        if (poor) _withdrawAll(address(_client));
        _client.setEnd(Puppet.Mode.Revert, 0);
        _deliver(record, "a");
        _client.setEnd(Puppet.Mode.Word, 0);
    }
}
