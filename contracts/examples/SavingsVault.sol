// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title SavingsVault
/// @notice Keeps ETH for whoever put it in; a place for an agent's savings.
contract SavingsVault {
    mapping(address saver => uint256 amount) private _savings;

    event Saved(address indexed saver, uint256 amount);
    event Redeemed(address indexed saver, uint256 amount);

    error Vault_NotEnough(address saver, uint256 saved, uint256 required);
    error Vault_TransferFailed(address saver, uint256 amount);

    /// @notice Put the sent ETH aside.
    function save() external payable {
        _savings[msg.sender] += msg.value;
        emit Saved(msg.sender, msg.value);
    }

    /// @notice Take `amount` wei back.
    function redeem(uint256 amount) external {
        uint256 saved = _savings[msg.sender];
        require(amount <= saved, Vault_NotEnough(msg.sender, saved, amount));
        _savings[msg.sender] = saved - amount;
        emit Redeemed(msg.sender, amount);
        (bool ok,) = msg.sender.call{value: amount}("");
        require(ok, Vault_TransferFailed(msg.sender, amount));
    }

    /// @notice wei that `saver` has here.
    function savingsOf(address saver) external view returns (uint256) {
        return _savings[saver];
    }
}
