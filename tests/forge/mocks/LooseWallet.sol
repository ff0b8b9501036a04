// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An owner contract that, like many, reads the first bytes of a signature and ignores what follows.
contract LooseWallet {
    bytes4 private constant MAGIC = 0x1626ba7e;

    function isValidSignature(bytes32, bytes calldata signature) external pure returns (bytes4) {
        return signature.length >= 65 ? MAGIC : bytes4(0);
    }
}
