AXE_20260402_01NO  number              
