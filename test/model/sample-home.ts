/** An invented home administration for tests of the model and the import. */

import type { HomeProfile } from '../../gateway/model/home.ts';

const words = (latin: string, local: string): { latin: string; local: string } => ({ latin, local });

/** Columns, codes and grades as the Chinese programme writes them; the vocabulary of the invented operators is small. */
export const sampleHome: HomeProfile = {
  country: 'CN',
  name: 'Sample Customs',
  timeZone: 'Asia/Shanghai',
  code: { pattern: '\\d{10}', words: 'ten digits' },
  businessNumber: { kind: 'cn.uscc', length: 18 },
  grades: ['advanced', 'general'],
  decrees: [{ id: '237', from: '2018-05-01', grades: ['advanced', 'general'] }],
  columns: {
    code: 'customs_code',
    businessNumber: 'uscc',
    'name.local': 'name_local',
    'name.latin': 'name_latin',
    'address.local': 'address_local',
    'address.latin': 'address_latin',
    'address.city': 'city',
    'address.postcode': 'postcode',
    grade: 'grade',
    gradeSince: 'grade_since',
    status: 'status',
    statusSince: 'status_since',
    roles: 'roles',
    consent: 'consent',
    consentSince: 'consent_since',
  },
  invented: {
    places: [
      {
        latin: 'SHENZHEN',
        local: '深圳',
        codePrefix: '4403',
        postcode: '518057',
        streets: [words('KEJI SOUTH ROAD', '科技南路')],
      },
      {
        latin: 'NINGBO',
        local: '宁波',
        codePrefix: '3302',
        postcode: '315020',
        streets: [words('JIANGBEI AVENUE', '江北大道')],
      },
    ],
    words: [words('DA', '达'), words('RUI', '瑞'), words('HENG', '恒')],
    trades: [words('NEW MATERIALS', '新材料'), words('TEXTILES', '纺织品')],
    company: words('CO., LTD.', '有限公司'),
    code: '{place}######',
  },
};
