// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {AgentHandler} from "./mocks/AgentHandler.sol";
import {vm} from "./Vm.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {Policy, Rule, TokenLimit} from "../../contracts/types/Policy.sol";

/// @notice What a hostile model cannot do in any sequence of moves, while the owner changes the policy at will.
contract AgentInvariantsTest is AgentBase {
    AgentHandler private _handler;

    function setUp() public override {
        super.setUp();
        _handler = new AgentHandler(agent, address(everloop), registry, MODEL);
        // Questions are reserved for in the run balance before they are topped up.
        _deposit(address(agent), 10 ether);
        // Someone is listed, and each way out is open, so that most decisions move something.
        address target = address(_handler.TARGET());
        bytes[5] memory changes = [
            abi.encodeCall(IAgentPolicy.setRecipient, (_handler.payeeOf(0), true)),
            abi.encodeCall(IAgentPolicy.setRecipient, (_handler.payeeOf(1), true)),
            abi.encodeCall(IAgentPolicy.setTarget, (target, bytes4("ping"), Rule.Pay)),
            abi.encodeCall(IAgentPolicy.setTokenPolicy, (address(_handler.TOKEN()), TokenLimit(2e18, 6e18, 1 hours))),
            abi.encodeCall(IAgentPolicy.setLimits, (Policy(0.2 ether, 0.6 ether, 1 hours, 0)))
        ];
        for (uint256 i = 0; i < changes.length; ++i) {
            _asOwner(changes[i]);
        }
        skip(1 days);
        for (uint256 i = 0; i < changes.length; ++i) {
            _asOwner(changes[i]);
        }
        vm.deal(address(agent), 100 ether);
        targetContract(address(_handler));
    }

    function invariant_AGT3_EtherLeavesWithinTheBudget() external view {
        (uint256 overspent,) = _handler.overspent();
        assertEq(overspent, 0, "ETH out over less than a window <= budget");
    }

    function invariant_AGT3_TokensLeaveWithinTheirBudget() external view {
        (, uint256 overspent) = _handler.overspent();
        assertEq(overspent, 0, "tokens out over less than a window <= budget");
    }

    function invariant_AGT3_OnlyListedReceiversAreReached() external view {
        assertFalse(_handler.paidUnlisted(), "receivers within the list");
    }

    function invariant_AGT3_NothingLoosensWithoutADaysNotice() external view {
        assertFalse(_handler.loosenedEarly(), "in force >= asked for + 1 day");
    }

    /// @dev The campaign is no empty one: its moves are made by hand here, in an order that reaches each kind.
    function test_TheCampaignMovesMoneyAndLoosens() external {
        _handler.transfer(0, 2);
        _handler.transferToken(0, 2);
        _handler.call(2);
        _handler.useUp(1);
        assertEq(_handler.moves(), 4);
        _handler.setLimits(0);
        _handler.setLimits(1);
        for (uint256 i = 0; i < 4; ++i) {
            _handler.pass(8 hours);
        }
        _handler.setLimits(1);
        _handler.batch(0, 4, 2);
        assertEq(_handler.moves(), 5);
        _handler.pass(4 hours);
        _handler.ask(0.1 ether);
        assertEq(_handler.asked(), 1);
        _handler.pass(4 hours);
        _handler.expire();
        _handler.ask(0.1 ether);
        assertEq(_handler.asked(), 2, "one after the other");
        _handler.plan(1);
        assertEq(_handler.moves(), 8);
        assertEq(_handler.loosened(), 1);
    }
}
