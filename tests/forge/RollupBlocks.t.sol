// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OrderBase} from "./OrderBase.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {Inference} from "../../contracts/types/Job.sol";
import {Pin, PinLib, RunReport} from "../../contracts/types/Run.sol";

/// @notice [INF-1] rollups on which `block.number` is the parent chain's, far below the chain's own blocks, which prompts are
/// read at and which the history contract knows.
contract RollupBlocksTest is OrderBase {
    address private constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    /// Answers any call with keccak256 of its 32 bytes of call data.
    bytes private constant HASHING_CODE = hex"5f355f5260205f205f5260205ff3";
    uint256 private constant PARENTS = 23_000_000;
    uint64 private constant OWN = 300_000_000;

    function setUp() public override {
        super.setUp();
        vm.etch(HISTORY, HASHING_CODE);
        vm.roll(PARENTS);
    }

    function test_INF1_AnswersReadAtTheChainsOwnBlocksArePaid() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        vm.prank(provider, provider);
        everloop.deliver(record, _own(0, OWN), "yes");
        assertGe(everloop.balanceOf(provider), FEE);
        assertEq(_slot(record).runs(), 1);
    }

    function test_INF1_SignedAnswersReadAtTheChainsOwnBlocksArePaid() external {
        Ask memory ask = _ask(7);
        ask.pin = _own(0, OWN);
        RunReport report = _answered(ask);
        assertGe(report.paid(), AMOUNT);
    }

    function test_RevertWhen_TheChainsOwnBlockHasAnotherHash() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        Pin wrong = PinLib.pack(0, OWN, keccak256("another"));
        bytes32 right = keccak256(abi.encode(OWN));
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_WrongPinnedBlock.selector, OWN, right));
        vm.prank(provider, provider);
        everloop.deliver(record, wrong, "yes");
    }

    /// @dev A chain without history knows no block ahead of `block.number`.
    function test_RevertWhen_NobodyKnowsTheBlock() external {
        vm.etch(HISTORY, "");
        Inference memory record = _request(_inference(address(_target)), 0);
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_WrongPinnedBlock.selector, OWN, bytes32(0)));
        vm.prank(provider, provider);
        everloop.deliver(record, _own(0, OWN), "yes");
    }

    function _own(uint32 run, uint64 number) private pure returns (Pin) {
        return PinLib.pack(run, number, keccak256(abi.encode(number)));
    }
}
