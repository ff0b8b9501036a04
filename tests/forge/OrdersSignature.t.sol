// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OrderBase} from "./OrderBase.sol";
import {OrderDigest} from "./mocks/OrderDigest.sol";
import {vm} from "./Vm.sol";
import {ISignedOrders} from "../../contracts/interfaces/ISignedOrders.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, Pricing, Task, Timing} from "../../contracts/types/Job.sol";

/// @notice [LED-2] what a signature covers, and that it counts once.
contract OrdersSignatureTest is OrderBase {
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function test_LED2_RevertWhen_SomebodyElseSigned() external {
        Ask memory ask = _ask(7);
        (, uint256 key) = makeAddrAndKey("provider");
        ask.signature = _signature(key, _askDigest(ask));
        _expectRefused(provider, ask, _invalid(ask));
        ask.signature = "";
        _expectRefused(provider, ask, _invalid(ask));
        ask.signature = new bytes(65);
        _expectRefused(provider, ask, _invalid(ask));
    }

    /// @dev A signature that recovers nobody is not nobody's.
    function test_LED2_RevertWhen_TheOwnerIsNobody() external {
        _deposit(address(0), 1 ether);
        Ask memory ask = _ask(7);
        ask.job.owner = address(0);
        ask.signature = new bytes(65);
        _expectRefused(provider, ask, _invalid(ask));
    }

    /// @dev The other root of the same signature, which anyone can compute.
    function test_LED2_RevertWhen_TheSignatureIsMalleated() external {
        Ask memory ask = _ask(7);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_aliceKey, _askDigest(ask));
        assertLe(uint256(s), HALF_ORDER);
        ask.signature = abi.encodePacked(r, ORDER - uint256(s), v == 27 ? uint8(28) : uint8(27));
        _expectRefused(provider, ask, _invalid(ask));
    }

    function test_LED2_RevertWhen_SignedForAnotherDomain() external {
        Ask memory ask = _ask(7);
        bytes32[4] memory domains = [
            OrderDigest.domain(block.chainid + 1, address(_orders)),
            OrderDigest.domain(block.chainid, address(everloop)),
            OrderDigest.domain(block.chainid, address(registry)),
            bytes32(0)
        ];
        for (uint256 i = 0; i < domains.length; ++i) {
            ask.signature = _signature(_aliceKey, OrderDigest.digest(domains[i], _askHash(ask)));
            _expectRefused(provider, ask, _invalid(ask));
        }
    }

    /// @dev Chain and engine are in the domain: what was signed for one counts at no other.
    function test_LED2_RevertWhen_BroughtToAnotherEngineOrOnAnotherChain() external {
        Ask memory ask = _ask(7);
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        bytes memory call_ = _callOf(ask);
        vm.expectPartialRevert(ISignedOrders.Signature_Invalid.selector);
        vm.prank(provider, provider);
        (bool ok,) = address(_orders).call(call_);
        vm.chainId(chain);
        _deployEngine(0);
        _addProvider(makeAddr("newcomer"), STAKE);
        _deposit(alice, 1 ether);
        address other = everloop.ORDERS();
        vm.expectPartialRevert(ISignedOrders.Signature_Invalid.selector);
        vm.prank(provider, provider);
        (ok,) = other.call(call_);
    }

    /// @dev Every field of the record, and the deadline: nothing can be changed after signing.
    function testFuzz_LED2_RevertWhen_AFieldIsAltered(uint256 field, uint256 change) external {
        Ask memory ask = _ask(7);
        vm.assume(change != 0);
        field = bound(field, 0, 8);
        uint160 change160 = uint160(change) == 0 ? 1 : uint160(change);
        Inference memory job = ask.job;
        if (field == 0) job.owner = address(uint160(job.owner) ^ change160);
        if (field == 1) job.target = address(uint160(job.target) ^ change160);
        if (field == 2) job.timing = Timing.wrap(Timing.unwrap(job.timing) ^ change);
        if (field == 3) job.pricing = Pricing.wrap(Pricing.unwrap(job.pricing) ^ change);
        if (field == 4) job.provider = address(uint160(job.provider) ^ change160);
        if (field == 5) job.modelId ^= bytes32(change);
        if (field == 6) job.input ^= bytes32(change);
        if (field == 7) job.salt ^= bytes32(change);
        if (field == 8) ask.deadline ^= uint40(change % 2 == 0 ? 1 << 39 : 1);
        _expectRefused(job.provider, ask, _invalid(ask));
    }

    function testFuzz_LED2_RevertWhen_TheNonceIsAltered(uint256 nonce) external {
        Ask memory ask = _ask(7);
        vm.assume(nonce != 7);
        ask.nonce = nonce;
        _expectRefused(provider, ask, _invalid(ask));
    }

    function test_DeadlineIsTheLastMoment() external {
        Ask memory ask = _ask(7);
        vm.warp(DEADLINE + 1);
        _expectRefused(
            provider,
            ask,
            abi.encodeWithSelector(ISignedOrders.Signature_Expired.selector, DEADLINE, uint256(DEADLINE) + 1)
        );
        vm.warp(DEADLINE);
        _bring(provider, ask);
    }

    function test_LED2_RevertWhen_ReplayedOnAnyPath() external {
        Ask memory ask = _ask(7);
        _bring(provider, ask);
        bytes memory used = abi.encodeWithSelector(ISignedOrders.Signature_NonceUsed.selector, alice, 7);
        _expectRefused(provider, ask, used);
        ask.decision = "another";
        _expectRefused(provider, ask, used);
        Task memory task = _task(address(_target));
        vm.expectRevert(used);
        _orders.scheduleSigned(task, 0, 7, DEADLINE, _signature(_aliceKey, _scheduleDigest(task, 0, 7, DEADLINE)));
        vm.expectRevert(used);
        vm.prank(alice);
        _orders.revokeNonce(7);
    }

    function test_LED2_RevertWhen_ABookedTasksNonceIsUsedForAnInference() external {
        Task memory task = _task(address(_target));
        _orders.scheduleSigned(task, 0, 7, DEADLINE, _signature(_aliceKey, _scheduleDigest(task, 0, 7, DEADLINE)));
        _expectRefused(provider, _ask(7), abi.encodeWithSelector(ISignedOrders.Signature_NonceUsed.selector, alice, 7));
    }

    function test_LED2_RevertWhen_TheNonceWasRevoked() external {
        vm.expectEmit(address(_orders));
        emit ISignedOrders.NonceRevoked(alice, 7);
        vm.prank(alice);
        _orders.revokeNonce(7);
        assertTrue(_orders.isNonceUsed(alice, 7));
        _expectRefused(provider, _ask(7), abi.encodeWithSelector(ISignedOrders.Signature_NonceUsed.selector, alice, 7));
    }

    /// @dev One owner's nonces are not another's, and neighbours in a word are apart.
    function testFuzz_NoncesAreUsedOneByOneInAnyOrder(uint256 nonce, uint256 other) external {
        vm.assume(nonce != other);
        vm.prank(alice);
        _orders.revokeNonce(nonce);
        assertTrue(_orders.isNonceUsed(alice, nonce));
        assertFalse(_orders.isNonceUsed(alice, other));
        assertFalse(_orders.isNonceUsed(alice, nonce ^ 1));
        assertFalse(_orders.isNonceUsed(provider, nonce));
        _bring(provider, _ask(other));
        assertTrue(_orders.isNonceUsed(alice, other));
    }

    function test_INF4_NoncesTellOneRunFromAnother() external {
        assertNotEq(_signedId(_ask(1)), _signedId(_ask(2)));
        _bring(provider, _ask(2));
        bytes32 second = _target.lastId();
        _bring(provider, _ask(1));
        assertNotEq(_target.lastId(), second);
    }

    function test_SCH8_SignedTasksAreBookedForTheirOwner() external {
        Task memory task = _task(address(_target));
        task.data = "signed";
        uint40 due = uint40(_now() + 50);
        bytes memory signature = _signature(_aliceKey, _scheduleDigest(task, due, 3, DEADLINE));
        vm.recordLogs();
        vm.prank(keeper, keeper);
        assertEq(_orders.scheduleSigned(task, due, 3, DEADLINE, signature), _taskId(task));
        assertEq(keccak256(abi.encode(_lastTask())), keccak256(abi.encode(task)));
        assertEq(_slot(task).due(), due);
        vm.warp(due);
        uint256 paid = _execute(task).paid;
        assertEq(everloop.balanceOf(alice), 10 ether - paid, "its owner pays");
        assertEq(_target.lastOwner(), alice);
        vm.prank(alice);
        everloop.cancel(task.salt);
    }

    function testFuzz_LED2_RevertWhen_ASignedTaskIsAltered(uint256 field, uint256 change) external {
        Task memory task = _task(address(_target));
        bytes memory signature = _signature(_aliceKey, _scheduleDigest(task, 9, 3, DEADLINE));
        vm.assume(change != 0);
        field = bound(field, 0, 7);
        (uint40 due, uint256 nonce) = (9, 3);
        if (field == 0) task.owner = keeper;
        if (field == 1) task.target = address(uint160(change) == 0 ? 1 : uint160(change));
        if (field == 2) task.timing = Timing.wrap(Timing.unwrap(task.timing) ^ change);
        if (field == 3) task.pricing = Pricing.wrap(Pricing.unwrap(task.pricing) ^ change);
        if (field == 4) task.salt ^= bytes32(change);
        if (field == 5) task.data = abi.encode(change);
        if (field == 6) due = 10;
        if (field == 7) nonce = 4;
        vm.assume(task.target != address(_target) || field != 1);
        bytes32 digest = _scheduleDigest(task, due, nonce, DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(ISignedOrders.Signature_Invalid.selector, task.owner, digest));
        _orders.scheduleSigned(task, due, nonce, DEADLINE, signature);
    }

    function test_RevertWhen_ASignedTaskIsLateOrBreaksARule() external {
        Task memory task = _task(address(everloop));
        bytes memory signature = _signature(_aliceKey, _scheduleDigest(task, 0, 3, DEADLINE));
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_ForbiddenTarget.selector, everloop));
        _orders.scheduleSigned(task, 0, 3, DEADLINE, signature);
        assertFalse(_orders.isNonceUsed(alice, 3));
        task = _schedule(_task(address(_target)), 0);
        signature = _signature(_aliceKey, _scheduleDigest(task, 0, 3, DEADLINE));
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_AlreadyBooked.selector, _taskId(task)));
        _orders.scheduleSigned(task, 0, 3, DEADLINE, signature);
        vm.warp(DEADLINE + 1);
        vm.expectRevert(
            abi.encodeWithSelector(ISignedOrders.Signature_Expired.selector, DEADLINE, uint256(DEADLINE) + 1)
        );
        _orders.scheduleSigned(task, 0, 3, DEADLINE, signature);
    }

    /// @dev An order of one kind is none of the other.
    function test_LED2_RevertWhen_AnInferencesSignatureBooksATask() external {
        Ask memory ask = _ask(7);
        Task memory task = _task(address(_target));
        bytes32 digest = _scheduleDigest(task, 0, 7, DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(ISignedOrders.Signature_Invalid.selector, alice, digest));
        _orders.scheduleSigned(task, 0, 7, DEADLINE, ask.signature);
    }
}
