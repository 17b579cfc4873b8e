AXE_20260402_01DUP                     
