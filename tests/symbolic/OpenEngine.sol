// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../forge/Test.sol";
import {vm} from "../forge/Vm.sol";
import {Everloop} from "../../contracts/core/Everloop.sol";
import {JobHash} from "../../contracts/libraries/JobHash.sol";
import {Account} from "../../contracts/types/Account.sol";
import {Inference, PricingLib, TimingLib} from "../../contracts/types/Job.sol";
import {JobSlot} from "../../contracts/types/JobSlot.sol";

/// @notice The real engine, with its slots and accounts open to the checks.
contract OpenEngine is Everloop {
    constructor(address registry, uint256 protocolBps, address protocolReceiver)
        Everloop(registry, address(0), protocolBps, protocolReceiver)
    {}

    function put(address account, Account record) external {
        _accounts[account].value = record;
    }

    function putSlot(bytes32 id, JobSlot slot) external {
        _jobs[id].value = slot;
    }

    function worstOf(Inference calldata job, uint256 recordGas) external pure returns (uint256) {
        return _worstCost(job.timing, job.pricing, recordGas);
    }
}

/// @notice A registry without stake: a miss takes nothing, so all that moves is in the ledger.
contract EmptyRegistry {
    function slash(address, uint256) external pure returns (uint256 bounty, uint256 repaid) {
        return (0, 0);
    }
}

/// @notice An engine and the accounts of one job, each in any sound state.
/// @dev An account is sound if `reserved <= balance`; balances fit 79 bits, so that no payment overflows them.
abstract contract EngineChecks is Test {
    uint40 internal constant NOW = 1 << 32;
    /// wei; what gas is paid with. A power of two, since solvers time out on products by an unknown or an odd number.
    uint48 internal constant GAS_PRICE = 1 << 30;
    address internal constant OWNER = address(0x0e);
    address internal constant PROVIDER = address(0x9d);
    address internal constant KEEPER = address(0x4e);
    address internal constant RECEIVER = address(0x4c);
    /// Another account and another job, which nothing here may touch.
    address private constant OTHER = address(0x07);
    bytes32 private constant OTHER_JOB = bytes32(uint256(7));

    OpenEngine internal _engine;
    EmptyRegistry internal _registry;

    function setUp() external {
        _registry = new EmptyRegistry();
        _engine = new OpenEngine(address(_registry), 100, RECEIVER);
        vm.warp(NOW);
    }

    function _place(address account, Account record) internal {
        vm.assume(record.reserved() <= record.balance() && record.balance() < 1 << 79);
        _engine.put(account, record);
    }

    function _placeOthers(Account other, JobSlot otherJob) internal {
        _engine.put(OTHER, other);
        _engine.putSlot(OTHER_JOB, otherJob);
    }

    /// @dev Gas is dearer than the owner's cap; how much of it is measured stays open.
    function _dear() internal {
        vm.fee(GAS_PRICE);
        vm.assume(tx.gasprice >= GAS_PRICE);
    }

    /// @dev Any time from {NOW} on that leaves room for another run.
    function _warpTo(uint40 time) internal {
        vm.assume(time >= NOW && time < type(uint40).max - 1 days);
        vm.warp(time);
    }

    function _balanceOf(address account) internal view returns (uint256) {
        return _engine.balanceOf(account);
    }

    function _reservedOf(address account) internal view returns (uint256) {
        return _engine.accountOf(account).reserved();
    }

    function _assertSound(address account) internal view {
        Account a = _engine.accountOf(account);
        assertLe(a.reserved(), a.balance(), "reserved <= balance");
    }

    function _assertAccount(address account, Account expected) internal view {
        assertEq(Account.unwrap(_engine.accountOf(account)), Account.unwrap(expected));
    }

    function _assertOthers(Account other, JobSlot otherJob) internal view {
        _assertAccount(OTHER, other);
        assertEq(JobSlot.unwrap(_engine.slotOf(OTHER_JOB)), JobSlot.unwrap(otherJob));
    }
}

/// @notice {EngineChecks} and one inference without a callback, so that nothing but the engine acts.
abstract contract InferenceChecks is EngineChecks {
    uint24 internal constant WINDOW = 600;
    uint32 internal constant HEARTBEAT = 3_600;
    uint64 internal constant FEE = 1 gwei;
    /// Number of the block that answers are pinned to.
    uint64 internal constant PINNED = 5;

    function _job(uint64 fee, uint32 heartbeat) internal pure returns (Inference memory job) {
        job.owner = OWNER;
        job.target = address(0x7a);
        job.provider = PROVIDER;
        job.timing = TimingLib.pack(heartbeat, heartbeat, WINDOW, 0, 64, 0);
        job.pricing = PricingLib.pack(GAS_PRICE, 0, 0, type(uint64).max).withFee(fee);
        job.salt = "salt";
    }

    function _id() internal view returns (bytes32) {
        return JobHash.inferenceIdAt(address(_engine), OWNER, "salt");
    }

    /// @dev A job that stands in no run, and what holds of one: its reservation and its place at the provider.
    function _placeJob(Inference memory job, JobSlot before, Account owner, Account provider, uint40 time)
        internal
        returns (uint256 worst)
    {
        vm.assume(!before.isRunning() && before.runs() != type(uint32).max);
        _warpTo(time);
        _dear();
        vm.assume(before.commitment() != 0 && before.commitment() == JobHash.ofCompleted(job));
        _engine.putSlot(_id(), before);
        worst = _engine.worstOf(job, before.recordGas());
        vm.assume(!before.isBooked() || (owner.reserved() >= worst && provider.open() != 0));
        _place(OWNER, owner);
        _place(PROVIDER, provider);
    }
}
