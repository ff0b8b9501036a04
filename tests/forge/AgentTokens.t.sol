// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {AgentBase} from "./AgentBase.sol";
import {FreeItems, FreeNft} from "./mocks/Collectibles.sol";
import {OddToken} from "./mocks/OddToken.sol";
import {AgentTreasury} from "../../contracts/agent/AgentTreasury.sol";
import {vm} from "./Vm.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {IAgentTreasury} from "../../contracts/interfaces/IAgentTreasury.sol";
import {Spending, TokenLimit} from "../../contracts/types/Policy.sol";

/// @notice Tokens: out within a limit of their own, in as gifts.
/// @dev The action `transferToken`:
/// ├── of a token without a limit, or to an unlisted recipient       fails
/// ├── over the token's cap or budget                                fails
/// ├── of a token that refuses, returns false, or takes more         fails, and charges nothing
/// └── otherwise                                                     moves the tokens and charges the token's budget alone
contract AgentTokensTest is AgentBase {
    TokenLimit private _limit = TokenLimit({actionCap: 100, budget: 250, window: 7 days});
    OddToken private _token;

    function setUp() public override {
        super.setUp();
        _token = new OddToken();
        _token.mint(address(agent), 1_000);
    }

    function test_AGT3_ATokenWithoutALimitStays() external {
        assertFalse(_acts(_move(payee, 1)));
        assertFalse(_acts(_move(payee, 0)));
        (TokenLimit memory limit,, uint256 left) = agent.tokenPolicy(address(_token));
        assertEq(uint256(limit.window) + left, 0);
    }

    function test_AGT3_TokensObeyTheirOwnLimit() external {
        _allow();
        uint256 ether_ = agent.budgetLeft();
        assertFalse(_acts(_move(payee, 101)), "over the cap");
        assertFalse(_acts(_move(alice, 1)), "not listed");
        assertTrue(_acts(_move(payee, 100)));
        assertTrue(_acts(_batch(_move(payee, 100), _move(payee, 50))));
        assertFalse(_acts(_move(payee, 1)), "over the budget");
        (, Spending memory spent, uint256 left) = agent.tokenPolicy(address(_token));
        assertEq(uint256(spent.current) + left, 250);
        assertEq(_token.balanceOf(payee), 250);
        assertEq(agent.budgetLeft(), ether_, "the budget of ETH is another");
    }

    function test_AGT3_TokenLimitsTightenAtOnceAndForgetNothing() external {
        _allow();
        assertTrue(_acts(_move(payee, 100)));
        _limit = TokenLimit({actionCap: 100, budget: 150, window: 14 days});
        vm.expectEmit(address(agent));
        emit IAgentPolicy.TokenLimitChanged(address(_token), _limit);
        _asOwner(abi.encodeCall(IAgentPolicy.setTokenPolicy, (address(_token), _limit)));
        assertFalse(_acts(_move(payee, 51)));
        assertTrue(_acts(_move(payee, 50)));
        _asOwner(abi.encodeCall(IAgentPolicy.setTokenPolicy, (address(_token), TokenLimit(100, 0, 14 days))));
        assertFalse(_acts(_move(payee, 1)), "forbidden");
    }

    function test_AGT3_RevertWhen_ATokenLimitLoosensWithoutADay() external {
        _allow();
        TokenLimit[3] memory looser = [_limit, _limit, _limit];
        looser[0].actionCap += 1;
        looser[1].budget += 1;
        looser[2].window -= 1;
        for (uint256 i = 0; i < looser.length; ++i) {
            _asOwner(abi.encodeCall(IAgentPolicy.setTokenPolicy, (address(_token), looser[i])));
            (TokenLimit memory limit,,) = agent.tokenPolicy(address(_token));
            assertEq(abi.encode(limit), abi.encode(_limit));
        }
    }

    /// @dev Refusing, lying and greedy tokens fail the action; the budget is charged for what moved alone.
    function test_AGT3_HostileTokensGetNothingPastTheBudget() external {
        _allow();
        OddToken.Mode[4] memory modes =
            [OddToken.Mode.False, OddToken.Mode.Revert, OddToken.Mode.FeeOnTop, OddToken.Mode.Double];
        for (uint256 i = 0; i < modes.length; ++i) {
            _token.setMode(modes[i]);
            assertFalse(_acts(_move(payee, 50)));
            (,, uint256 left) = agent.tokenPolicy(address(_token));
            assertEq(left, 250);
        }
        assertEq(_token.balanceOf(address(agent)), 1_000);
    }

    function test_TokensWithoutReturnValueOrWithAFeeInsideMove() external {
        _allow();
        _token.setMode(OddToken.Mode.Silent);
        assertTrue(_acts(_move(payee, 50)));
        _token.setMode(OddToken.Mode.FeeInside);
        assertTrue(_acts(_move(payee, 50)));
        assertEq(_token.balanceOf(payee), 95);
        assertEq(_token.balanceOf(address(agent)), 900);
    }

    /// @dev A token that calls back while it is moved enters no action, changes no policy, takes nothing more.
    function test_AGT3_TokensThatCallBackGainNothing() external {
        _allow();
        bytes[4] memory tries = [
            _move(payee, 1),
            abi.encodeCall(AgentTreasury.transfer, (payee, 1)),
            abi.encodeCall(IAgentPolicy.setLimits, (agent.policy())),
            abi.encodeCall(IAgentTreasury.withdraw, (1, address(_token)))
        ];
        for (uint256 i = 0; i < tries.length; ++i) {
            _token.setCallback(address(agent), tries[i]);
            assertTrue(_acts(_move(payee, 10)));
            assertFalse(_token.called());
        }
        assertEq(payee.balance, 0);
        assertEq(_token.balanceOf(payee), 40);
    }

    /// @dev A token without code: nothing would move, and nobody would know.
    function test_AGT3_TokensWithoutCodeFail() external {
        _loosen(abi.encodeCall(IAgentPolicy.setTokenPolicy, (keeper, _limit)));
        assertFalse(_acts(abi.encodeCall(AgentTreasury.transferToken, (keeper, payee, 1))));
        (,, uint256 left) = agent.tokenPolicy(keeper);
        assertEq(left, 250);
    }

    function test_OwnerTakesTokensOut() external {
        vm.expectEmit(address(agent));
        emit IAgentTreasury.OwnerWithdrewToken(address(_token), keeper, 400);
        _asOwner(abi.encodeCall(IAgentTreasury.withdrawToken, (address(_token), 400, keeper)));
        _token.setMode(OddToken.Mode.Silent);
        _asOwner(abi.encodeCall(IAgentTreasury.withdrawToken, (address(_token), 600, keeper)));
        assertEq(_token.balanceOf(keeper), 1_000);
    }

    /// @dev What is received by safe transfer is not trapped.
    function test_CollectiblesComeInAndTheOwnerTakesThemOut() external {
        (FreeNft nft, FreeItems items) = (new FreeNft(), new FreeItems());
        nft.mint(address(agent), 7);
        items.mint(address(agent), 3, 10);
        (uint256[] memory ids, uint256[] memory amounts) = (new uint256[](2), new uint256[](2));
        (ids[0], ids[1], amounts[0], amounts[1]) = (3, 4, 5, 1);
        items.mintBatch(address(agent), ids, amounts);
        assertEq(items.balanceOf(address(agent), 3), 15);
        vm.expectEmit(address(agent));
        emit IAgentTreasury.OwnerWithdrewNft(address(nft), keeper, 7, 0);
        _asOwner(abi.encodeCall(IAgentTreasury.withdrawNft, (address(nft), 7, 0, keeper)));
        _asOwner(abi.encodeCall(IAgentTreasury.withdrawNft, (address(items), 3, 15, keeper)));
        assertEq(nft.ownerOf(7), keeper);
        assertEq(items.balanceOf(keeper, 3), 15);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 8));
        vm.prank(alice);
        agent.withdrawNft(address(nft), 8, 0, keeper);
    }

    /// @dev Only the three receivers are answered, whatever they are told.
    function testFuzz_OnlyReceiversAreAnswered(bytes calldata rest) external {
        bytes4[3] memory known = [bytes4(0x150b7a02), bytes4(0xf23a6e61), bytes4(0xbc197c81)];
        for (uint256 i = 0; i < known.length; ++i) {
            (bool done, bytes memory magic) = address(agent).call(bytes.concat(known[i], rest));
            assertTrue(done);
            assertEq(magic, abi.encode(known[i]));
            (bool ok, bytes memory reason) = address(agent).call(bytes.concat(~known[i], rest));
            assertFalse(ok);
            assertEq(reason, abi.encodeWithSelector(IAgentTreasury.Agent_NoFunction.selector, ~known[i]));
        }
    }

    function _allow() private {
        _loosen(abi.encodeCall(IAgentPolicy.setTokenPolicy, (address(_token), _limit)));
    }

    function _move(address to, uint256 amount) private view returns (bytes memory) {
        return abi.encodeCall(AgentTreasury.transferToken, (address(_token), to, amount));
    }
}
