// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {ProbeAgent} from "./mocks/ProbeAgent.sol";
import {vm} from "./Vm.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {Choice} from "../../contracts/types/Policy.sol";
import {Pin} from "../../contracts/types/Run.sol";

/// @notice What a model, whoever steers it, and the provider between them try, by the rows of docs/threats.md.
contract AdversarialModelTest is AgentBase {
    uint256 private constant TRANSACTION_CAP = 1 << 24;

    /// @dev An address with bits above its 160 pays nobody.
    function testFuzz_AGT3_RecipientsWithDirtyBitsArePaidNothing(uint96 dirt) external {
        vm.assume(dirt != 0);
        uint256 to = uint256(uint160(payee)) | uint256(dirt) << 160;
        bytes memory decision = abi.encodePacked(ProbeAgent.payOut.selector, to, uint256(1));
        assertTrue(_step(decision).result == IAgent.Result.Failed);
        assertEq(payee.balance, 0);
    }

    /// @dev Eight items that are one and the same bytes are eight payments, each against the budget.
    function test_AGT3_ItemsThatShareOneEncodingAreAllCounted() external {
        bytes memory decision = _sharedBatch(_pay(payee, BUDGET / 8), 8);
        assertTrue(_step(decision).result == IAgent.Result.Acted);
        assertEq(payee.balance, BUDGET / 8 * 8);
        assertEq(agent.budgetLeft(), BUDGET - payee.balance);
        assertTrue(_nextStep(_sharedBatch(_pay(payee, BUDGET / 8), 2)).result == IAgent.Result.Failed);
    }

    /// @dev Offsets that leave the decision, point back into it, or loop.
    function testFuzz_AGT2_BatchOffsetsCannotStopTheStep(uint256 offset, uint8 place) external {
        bytes memory decision = _batch(_bump(1), _bump(2));
        uint256 at = 4 + 32 * (uint256(place) % 4);
        if (place % 3 == 0) offset %= 512;
        assembly ("memory-safe") {
            mstore(add(add(decision, 32), at), offset)
        }
        StepSeen memory seen = _step(decision);
        assertTrue(seen.result == IAgent.Result.Acted || seen.result == IAgent.Result.Failed);
        assertLe(agent.total(), 8 * 3, "at most eight of what the decision names");
        assertGe(_slot(loop).due(), _now() + INTERVAL, "the loop goes on");
    }

    /// @dev What a wallet would obey, an agent does not know.
    function test_AGT3_WalletCallsAreNoActions() external {
        bytes[9] memory decisions = [
            abi.encodeWithSignature("approve(address,uint256)", provider, type(uint256).max),
            abi.encodeWithSignature("setApprovalForAll(address,bool)", provider, true),
            abi.encodeWithSignature("transfer(address,uint256)", provider, 1),
            abi.encodeWithSignature("execute(address,uint256,bytes)", provider, 1, ""),
            abi.encodeWithSignature("multicall(bytes[])", new bytes[](2)),
            abi.encodeWithSignature("upgradeToAndCall(address,bytes)", provider, ""),
            abi.encodeWithSignature(
                "setPolicy((uint80,uint80,uint32,uint64),address[])", agent.policy(), new address[](1)
            ),
            abi.encodeWithSignature("transferOwnership(address)", provider),
            abi.encodeWithSignature("delegatecall(address,bytes)", provider, "")
        ];
        for (uint256 i = 0; i < decisions.length; ++i) {
            assertTrue(_nextStep(decisions[i]).result == IAgent.Result.Failed);
            assertTrue(_nextStep(_batch(_bump(1), decisions[i])).result == IAgent.Result.Failed, "nor inside a batch");
        }
        assertEq(agent.owner(), alice);
        assertEq(agent.total(), 0);
        assertEq(address(agent).balance, TREASURY);
    }

    /// @dev A provider that brings less gas cannot turn an action into a failed one.
    function test_SCH1_ProvidersCannotStarveAStep() external {
        Pin pin = _pinned(0);
        bytes memory call_ = abi.encodeCall(IInferenceMarket.deliver, (loop, pin, _bump(7)));
        uint256 ran = 0;
        for (uint256 gas_ = 700_000; gas_ >= 200_000; gas_ -= 10_000) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(provider, provider);
            (bool ok,) = address(everloop).call{gas: gas_}(call_);
            assertEq(agent.total(), ok ? 7 : 0, "done whole or not at all");
            assertEq(agent.steps(), ok ? 1 : 0);
            if (ok) ++ran;
            vm.revertToState(snapshot);
        }
        assertGt(ran, 0);
        assertLt(ran, 50);
    }

    /// @dev A decision of an earlier run, brought again, is one of another run.
    function test_INF5_AStepCannotBeReplayedInTheNext() external {
        bytes memory decision = _pay(payee, 0.01 ether);
        Pin pin = _pinned(0);
        vm.prank(provider, provider);
        everloop.deliver(loop, pin, decision);
        vm.warp(_slot(loop).due());
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_WrongRun.selector, _inferenceId(loop), 1, 0));
        vm.prank(provider, provider);
        everloop.deliver(loop, pin, decision);
        assertEq(payee.balance, 0.01 ether);
    }

    /// @dev Nobody takes what it could never give away again: the engine takes nothing, an agent's owner can take it out.
    function test_EngineTakesNoTokensBySafeTransfer() external {
        bytes memory erc721 =
            abi.encodeWithSignature("onERC721Received(address,address,uint256,bytes)", alice, alice, 1, "");
        bytes memory erc1155 =
            abi.encodeWithSignature("onERC1155Received(address,address,uint256,uint256,bytes)", alice, alice, 1, 1, "");
        address[3] memory receivers = [address(everloop), everloop.EXECUTOR(), everloop.ORDERS()];
        for (uint256 i = 0; i < receivers.length; ++i) {
            (bool ok,) = receivers[i].call(erc721);
            assertFalse(ok);
            (ok,) = receivers[i].call(erc1155);
            assertFalse(ok);
        }
    }

    /// @dev The longest lists and decisions stay far below the cap of a transaction, 2^24 gas (EIP-7825).
    function test_LongestListsAndDecisionsFitATransaction() external {
        Choice[] memory choices = new Choice[](8);
        for (uint256 i = 0; i < 8; ++i) {
            choices[i] = Choice(i == 0 ? provider : rival, keccak256(abi.encode(i)));
        }
        vm.prank(alice);
        agent.setProviders(choices);
        assertLt(vm.lastCallGas().gasTotalUsed, TRANSACTION_CAP / 32);
        bytes[] memory actions = new bytes[](8);
        for (uint256 i = 0; i < 8; ++i) {
            actions[i] = i == 0 ? _bump(1) : abi.encodeCall(AgentActions.wakeIn, (i));
        }
        _step(abi.encodeCall(IAgent.batch, (actions)));
        vm.warp(uint256(_slot(loop).due()) + WINDOW);
        vm.prank(keeper, keeper);
        everloop.expire(loop);
        assertLt(vm.lastCallGas().gasTotalUsed, TRANSACTION_CAP / 16, "all choices refuse the model");
        assertEq(_slot(loop).due(), _now() + HEARTBEAT, "and the loop goes on");
    }

    /// @dev `count` items that all point at one encoding.
    function _sharedBatch(bytes memory action, uint256 count) private pure returns (bytes memory decision) {
        decision = abi.encodePacked(IAgent.batch.selector, uint256(32), count);
        for (uint256 i = 0; i < count; ++i) {
            decision = bytes.concat(decision, abi.encode(count * 32));
        }
        uint256 padding = (32 - action.length % 32) % 32;
        return bytes.concat(decision, abi.encode(action.length), action, new bytes(padding));
    }
}
